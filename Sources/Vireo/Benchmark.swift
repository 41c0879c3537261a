import Foundation
import Synchronization
import VireoRuntime
import VireoTensor

/// Measures how fast a compiled model runs.
///
/// ```swift
/// let timings = try Benchmark([compiled.makeRequest()], inputs: [image]).run(until: .init(duration: .seconds(10)))
/// print(timings.median, timings.throughput(batch: 1))
/// ```
public struct Benchmark: Sendable {
    /// When measuring ends: once both limits are reached.
    public struct Limits: Sendable {
        public let duration: Duration
        public let iterations: Int

        public init(duration: Duration = .zero, iterations: Int = 0) {
            self.duration = duration
            self.iterations = iterations
        }
    }

    private let requests: [InferRequest]
    private let inputs: [Tensor]

    /// - Parameters:
    ///   - requests: run at the same time, each on a thread of its own; a single one on the thread that calls `run`.
    ///   - inputs: what every inference takes, in the order of the model's inputs.
    public init(_ requests: [InferRequest], inputs: [Tensor]) {
        self.requests = requests
        self.inputs = inputs
    }

    /// Runs inferences until the limits are reached, after one for each request that is not counted.
    /// - Throws: what the first inference that fails throws.
    public func run(until limits: Limits) throws -> Timings {
        let recorder = Recorder(limits)
        if requests.count == 1 {
            _ = try requests[0].run(inputs)
            recorder.start()
            recorder.record { _ = try requests[0].run(inputs) }
            return try recorder.timings()
        }
        let (warm, finished) = (DispatchGroup(), DispatchGroup())
        let starting = DispatchSemaphore(value: 0)
        for request in requests {
            warm.enter()
            finished.enter()
            Thread.detachNewThread { [inputs] in
                defer { finished.leave() }
                recorder.attempt { _ = try request.run(inputs) }
                warm.leave()
                starting.wait()
                recorder.record { _ = try request.run(inputs) }
            }
        }
        warm.wait()
        recorder.start()
        for _ in requests { starting.signal() }
        finished.wait()
        return try recorder.timings()
    }
}

extension Benchmark {
    /// How long each inference took.
    public struct Timings: Sendable {
        /// Milliseconds of each inference, ascending.
        public let latencies: [Double]
        /// Milliseconds from the start of the first inference to the end of the last.
        public let duration: Double
        /// Milliseconds that the process kept processors busy for one inference, all threads together; what is left of
        /// a latency on one thread when other processes take turns with this one.
        public let processorTime: Double

        public var minimum: Double { percentile(0) }
        public var median: Double { percentile(50) }
        public var maximum: Double { percentile(100) }
        public var average: Double { latencies.isEmpty ? 0 : latencies.reduce(0, +) / Double(latencies.count) }

        /// The time within which `percent` % of the inferences ended, in milliseconds; 0 when there was none.
        public func percentile(_ percent: Double) -> Double {
            guard !latencies.isEmpty else { return 0 }
            let rank = Int((min(max(percent, 0), 100) / 100 * Double(latencies.count)).rounded(.up))
            return latencies[max(rank, 1) - 1]
        }

        /// Samples a second, when each inference takes `batch` of them.
        public func throughput(batch: Int) -> Double {
            duration > 0 ? Double(latencies.count * batch) * 1000 / duration : 0
        }
    }

    /// What the threads of one measurement share.
    private final class Recorder: Sendable {
        private struct State {
            var beginning = ContinuousClock.now
            var end = ContinuousClock.now
            var busyBefore = Duration.zero
            var startedCount = 0
            var latencies: [Double] = []
            var failure: (any Error)?
        }

        private let limits: Limits
        private let state = Mutex(State())

        init(_ limits: Limits) { self.limits = limits }

        func start() {
            state.withLock {
                $0.busyBefore = .processorTime
                $0.beginning = .now
            }
        }

        func attempt(_ work: () throws -> Void) {
            do {
                try work()
            } catch {
                state.withLock { $0.failure = $0.failure ?? error }
            }
        }

        /// Repeats `work` until the limits are reached or an inference fails.
        func record(_ work: () throws -> Void) {
            while isUnfinished() {
                attempt {
                    let start = ContinuousClock.now
                    try work()
                    let end = ContinuousClock.now
                    state.withLock {
                        $0.latencies.append((end - start).milliseconds)
                        $0.end = max($0.end, end)
                    }
                }
            }
        }

        private func isUnfinished() -> Bool {
            state.withLock { state in
                guard state.failure == nil,
                    state.startedCount < limits.iterations || .now - state.beginning < limits.duration
                else { return false }
                state.startedCount += 1
                return true
            }
        }

        func timings() throws -> Timings {
            try state.withLock { state in
                if let failure = state.failure { throw failure }
                let duration = state.latencies.isEmpty ? .zero : state.end - state.beginning
                let busy = Duration.processorTime - state.busyBefore
                return Timings(
                    latencies: state.latencies.sorted(), duration: duration.milliseconds,
                    processorTime: busy.milliseconds / Double(max(state.latencies.count, 1)))
            }
        }
    }
}

extension Duration {
    /// What all threads of this process have used so far.
    fileprivate static var processorTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// The duration in milliseconds, fractions included.
    public var milliseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1e3 + Double(attoseconds) * 1e-15
    }
}
