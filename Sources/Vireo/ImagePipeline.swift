import Foundation
import Synchronization
import VireoImaging
import VireoRuntime
import VireoTensor

/// Runs a model over many photographs on all processors: each worker decodes, resizes and infers for itself, so that
/// nothing waits for anything else.
///
/// ```swift
/// let compiled = try core.compile(model, properties: ["INFERENCE_NUM_THREADS": "1"])
/// let pipeline = try ImagePipeline(compiled, ImageInput(of: model), workers: 8)
/// let report = try pipeline.run(files) { photographs, outputs in … }
/// ```
public struct ImagePipeline: Sendable {
    /// One file of a run.
    public struct Photograph: Sendable {
        /// Its place in the list of files.
        public let index: Int
        public let path: String
        /// Of the file, before resizing.
        public let width: Int
        public let height: Int
    }

    /// A file that could not be read.
    public struct Failure: Sendable {
        public let index: Int
        public let path: String
        public let error: VireoError
    }

    /// What a run did and how long it took, in milliseconds.
    public struct Report: Sendable {
        /// From the start to the end.
        public fileprivate(set) var duration = 0.0
        /// Of all workers together: reading, decoding, resizing and laying out.
        public fileprivate(set) var preparationTime = 0.0
        /// Of all workers together.
        public fileprivate(set) var inferenceTime = 0.0
        public fileprivate(set) var inferenceCount = 0
        public fileprivate(set) var imageCount = 0
        /// In the order of the files.
        public fileprivate(set) var failures: [Failure] = []
    }

    private let format: ImageTensorFormat
    private let batch: Int
    private let requests: [InferRequest]
    private let repetitions: Int
    private let decoding: PhotographReader.Decoding

    /// - Parameters:
    ///   - compiled: the model; one compiled for a single thread a request leaves every worker a processor of its own.
    ///   - input: how photographs become its input.
    ///   - workers: how many requests run at the same time.
    ///   - repetitions: how often each inference is run.
    ///   - decoding: how much of JPEG files is decoded.
    ///   - trace: where the times of the inferences are written, one lane a worker.
    /// - Throws: what making requests throws; `unsupported` for an input that takes no photographs.
    public init(
        _ compiled: CompiledModel, _ input: ImageInput, workers: Int, repetitions: Int = 1,
        decoding: PhotographReader.Decoding = .full, trace: Trace? = nil
    ) throws {
        format = try input.tensorFormat()
        batch = max(input.batch, 1)
        self.decoding = decoding
        self.repetitions = max(repetitions, 1)
        requests = try (0..<max(workers, 1)).map { _ in try compiled.makeRequest(trace: trace) }
    }

    /// Rows about the last run of the first worker; empty when the device does not count.
    /// - Throws: what the device says.
    public var profile: [ProfileRow] { get throws { try requests[0].profile } }

    /// Runs the model over the files, as many at a time as its batch has room for. Files that cannot be read are left
    /// out and reported.
    /// - Parameters:
    ///   - files: paths of JPEG, PNG and BMP files.
    ///   - progress: is told how many files are done, by any worker.
    ///   - consume: is given the photographs of one inference and its outputs, by any worker, in any order.
    /// - Throws: what the first inference that fails throws, and what `consume` throws.
    public func run(
        _ files: [String], progress: @escaping @Sendable (Int) -> Void = { _ in },
        consume: @escaping @Sendable ([Photograph], [Tensor]) throws -> Void
    ) throws -> Report {
        let run = Run(files, batch: batch)
        let start = ContinuousClock.now
        let finished = DispatchGroup()
        for request in requests.dropFirst() {
            finished.enter()
            Thread.detachNewThread {
                work(on: run, with: request, progress, consume)
                finished.leave()
            }
        }
        work(on: run, with: requests[0], progress, consume)
        finished.wait()
        return try run.report(duration: (.now - start).milliseconds)
    }

    /// Input, outputs and the memory of decoding are kept from one photograph to the next.
    private func work(
        on run: Run, with request: InferRequest, _ progress: @Sendable (Int) -> Void,
        _ consume: @Sendable ([Photograph], [Tensor]) throws -> Void
    ) {
        do {
            var reader = PhotographReader(format, decoding: decoding)
            var tensor = try Tensor(zeros: format.elementType, format.shape)
            var outputs: [Tensor] = []
            while let range = run.next() {
                let start = ContinuousClock.now
                let photographs = read(range, of: run, with: &reader, into: &tensor)
                if !photographs.isEmpty {
                    let middle = ContinuousClock.now
                    for _ in 0..<repetitions { try request.run([tensor], into: &outputs) }
                    let end = ContinuousClock.now
                    try consume(photographs, outputs)
                    run.add(middle - start, inference: end - middle, count: repetitions, images: photographs.count)
                }
                progress(run.finish(range.count))
            }
        } catch {
            run.fail(error)
        }
    }

    /// The photographs that could be read; the last is repeated up to the batch.
    private func read(
        _ range: Range<Int>, of run: Run, with reader: inout PhotographReader, into tensor: inout Tensor
    ) -> [Photograph] {
        var photographs: [Photograph] = []
        for index in range {
            do throws(VireoError) {
                let (width, height) = try reader.read(run.files[index], into: &tensor, at: photographs.count)
                photographs.append(
                    Photograph(index: index, path: run.files[index], width: width, height: height))
            } catch {
                run.leaveOut(index, error)
            }
        }
        if let last = photographs.indices.last {
            for place in photographs.count..<batch { format.repeatImage(at: last, to: place, in: &tensor) }
        }
        return photographs
    }
}

extension ImagePipeline {
    /// What the workers of one run share.
    private final class Run: Sendable {
        private struct State {
            var next = 0
            var finished = 0
            var report = Report()
            var failure: (any Error)?
        }

        let files: [String]
        private let batch: Int
        private let state = Mutex(State())

        init(_ files: [String], batch: Int) {
            self.files = files
            self.batch = batch
        }

        /// The next files to do; nil when there are none or something failed.
        func next() -> Range<Int>? {
            state.withLock { state in
                guard state.failure == nil, state.next < files.count else { return nil }
                let start = state.next
                state.next = min(start + batch, files.count)
                return start..<state.next
            }
        }

        func leaveOut(_ index: Int, _ error: VireoError) {
            state.withLock { $0.report.failures.append(Failure(index: index, path: files[index], error: error)) }
        }

        func add(_ preparation: Duration, inference: Duration, count: Int, images: Int) {
            state.withLock {
                $0.report.preparationTime += preparation.milliseconds
                $0.report.inferenceTime += inference.milliseconds
                $0.report.inferenceCount += count
                $0.report.imageCount += images
            }
        }

        /// - Returns: how many files are done.
        func finish(_ count: Int) -> Int {
            state.withLock {
                $0.finished += count
                return $0.finished
            }
        }

        func fail(_ error: any Error) { state.withLock { $0.failure = $0.failure ?? error } }

        func report(duration: Double) throws -> Report {
            try state.withLock { state in
                if let failure = state.failure { throw failure }
                var report = state.report
                report.duration = duration
                report.failures.sort { $0.index < $1.index }
                return report
            }
        }
    }
}
