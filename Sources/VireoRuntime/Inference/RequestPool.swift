import Dispatch
import Synchronization
import VireoTensor

/// Requests of one compiled model that any number of tasks and threads share: a run takes the first that is free, or
/// waits for one in the order of the calls.
///
/// ```swift
/// let pool = try RequestPool(compiled)
/// try await withThrowingTaskGroup(of: [Tensor].self) { group in
///     for image in images { group.addTask { try await pool.run([image]) } }
///     …
/// }
/// ```
public final class RequestPool: Sendable {
    public let model: CompiledModel
    /// How many runs there are at a time.
    public let requestCount: Int

    private struct Job: Sendable {
        let number: Int
        let inputs: [Tensor]
        let cancellation: Cancellation
        let completion: @Sendable (Swift.Result<[Tensor], any Error>) -> Void
    }

    private struct State {
        var idle: [InferRequest]
        var waiting: [Job] = []
        var nextNumber = 0
    }

    private let state: Mutex<State>

    /// - Parameters:
    ///   - requestCount: how many runs there are at a time (nireq); `model.optimalRequestCount` when nil.
    ///   - trace: where the times of every run are written, one lane a request.
    /// - Throws: `invalidArgument` for less than one request; what `makeRequest` throws.
    public init(_ model: CompiledModel, requestCount: Int? = nil, trace: Trace? = nil) throws {
        let count = requestCount ?? model.optimalRequestCount
        guard count >= 1 else { throw VireoError(.invalidArgument, "a pool of \(count) requests") }
        self.model = model
        self.requestCount = count
        state = Mutex(State(idle: try (0..<count).map { _ in try InferRequest(model, trace: trace) }))
    }

    /// How many runs wait for a request.
    public var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Computes the model's outputs.
    /// - Throws: as `InferRequest.run`, but never `busy`; `cancelled` when the task is cancelled, at once while it
    ///   waits.
    public func run(_ inputs: [Tensor]) async throws -> [Tensor] {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                start(inputs, cancellation: cancellation) { continuation.resume(with: $0) }
            }
        } onCancel: {
            cancellation.cancel()
        }
    }

    /// Computes the model's outputs and blocks the caller's thread.
    /// - Throws: as the asynchronous call.
    public func run(_ inputs: [Tensor]) throws -> [Tensor] {
        let answer = Answer()
        start(inputs) { answer.give($0) }
        return try answer.wait()
    }

    /// Starts a run as soon as a request is free, and returns at once.
    /// - Parameter completion: called exactly once with the outputs or an error; on another thread, or before `start`
    ///   returns when the run cannot start.
    public func start(
        _ inputs: [Tensor], cancellation: Cancellation = Cancellation(),
        completion: @escaping @Sendable (Swift.Result<[Tensor], any Error>) -> Void
    ) {
        do {
            try model.check(inputs)
        } catch {
            return completion(.failure(error))
        }
        let (job, request) = state.withLock { state in
            state.nextNumber += 1
            let job = Job(
                number: state.nextNumber, inputs: inputs, cancellation: cancellation, completion: completion)
            let request = state.idle.popLast()
            if request == nil { state.waiting.append(job) }
            return (job, request)
        }
        if let request { return run(job, on: request) }
        let number = job.number
        cancellation.whenCancelled { [weak self] in self?.cancelWaiting(number) }
    }

    private func cancelWaiting(_ number: Int) {
        let job = state.withLock { state in
            state.waiting.firstIndex { $0.number == number }.map { state.waiting.remove(at: $0) }
        }
        job?.completion(.failure(Cancellation.error))
    }

    private func run(_ job: Job, on request: InferRequest) {
        job.cancellation.ended()
        request.start(job.inputs, cancellation: job.cancellation) { [self] result in
            let next = state.withLock { state -> Job? in
                guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
                state.idle.append(request)
                return nil
            }
            if let next { run(next, on: request) }
            job.completion(result)
        }
    }
}

/// One result that a thread waits for.
final class Answer: Sendable {
    private let result = Mutex<Swift.Result<[Tensor], any Error>?>(nil)
    private let arrived = DispatchSemaphore(value: 0)

    func give(_ result: Swift.Result<[Tensor], any Error>) {
        self.result.withLock { $0 = result }
        arrived.signal()
    }

    func wait() throws -> [Tensor] {
        arrived.wait()
        return try result.withLock { $0! }.get()
    }
}
