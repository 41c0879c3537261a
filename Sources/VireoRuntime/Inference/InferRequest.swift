import Synchronization
import VireoTensor

/// Runs a compiled model, once at a time. Buffers and scratch memory are kept from run to run.
///
/// The blocking calls compute on the caller's thread, the asynchronous ones on a thread of the request's own.
public final class InferRequest: Sendable {
    public let model: CompiledModel
    private let runner: Mutex<any Runner>
    private let isRunning = Atomic(false)
    private let worker = Worker()
    private let lane: Trace.Lane?

    /// - Parameter trace: where the times of every run are written.
    init(_ model: CompiledModel, trace: Trace? = nil) throws {
        self.model = model
        runner = Mutex(try model.program.makeRunner())
        lane = trace?.lane()
    }

    // MARK: Blocking

    /// Computes the model's outputs.
    /// - Parameter inputs: one tensor for each of the model's inputs, in their order.
    /// - Throws: `invalidArgument` when number, element types or shapes are not the model's; `busy` when another run of
    ///   this request is under way; otherwise what a device says.
    public func run(_ inputs: [Tensor]) throws -> [Tensor] {
        var outputs: [Tensor] = []
        try run(inputs, into: &outputs)
        return outputs
    }

    /// Computes the model's outputs into tensors whose memory is used again, so that run after run allocates none.
    /// - Parameters:
    ///   - inputs: one tensor for each of the model's inputs, in their order.
    ///   - outputs: empty, or what a run gave; tensors that others share or that do not fit are replaced.
    ///   - cancellation: calls the run off from another thread.
    /// - Throws: as `run(_:)`; `cancelled`.
    public func run(_ inputs: [Tensor], into outputs: inout [Tensor], cancellation: Cancellation? = nil) throws {
        try model.check(inputs)
        try claim()
        defer { isRunning.store(false, ordering: .releasing) }
        try runClaimed(inputs, into: &outputs, cancellation)
    }

    /// Computes the model's outputs.
    /// - Parameter inputs: a tensor for each of the model's inputs, by the input's name or one of its tensor's names.
    /// - Returns: the outputs by their names.
    /// - Throws: as `run(_:)`, and `invalidArgument` for a name that is missing, unknown or given twice.
    public func run(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        model.named(try run(try model.ordered(inputs)) as [Tensor])
    }

    // MARK: Asynchronous

    /// Computes the model's outputs without blocking the task's thread.
    /// - Throws: as the blocking call; `cancelled` when the task is cancelled.
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

    /// Computes the model's outputs without blocking the task's thread, by names.
    /// - Throws: as the blocking call; `cancelled` when the task is cancelled.
    public func run(_ inputs: [String: Tensor]) async throws -> [String: Tensor] {
        model.named(try await run(try model.ordered(inputs)))
    }

    /// Starts a run and returns at once.
    /// - Parameters:
    ///   - cancellation: calls the run off.
    ///   - completion: called exactly once with the outputs or what the blocking call would throw, on a thread of the
    ///     request's own, or before `start` returns when the run cannot start. The request can be used again in it.
    public func start(
        _ inputs: [Tensor], cancellation: Cancellation? = nil,
        completion: @escaping @Sendable (Swift.Result<[Tensor], any Error>) -> Void
    ) {
        do {
            try begin(inputs, cancellation: cancellation, completion: completion)
        } catch {
            completion(.failure(error))
        }
    }

    /// As `start`, but a run that cannot start is an error here, and the completion is then not called.
    /// - Throws: `invalidArgument` and `busy` as the blocking call.
    public func begin(
        _ inputs: [Tensor], cancellation: Cancellation? = nil,
        completion: @escaping @Sendable (Swift.Result<[Tensor], any Error>) -> Void
    ) throws(VireoError) {
        try model.check(inputs)
        try claim()
        worker.perform { [self] in
            let result = Swift.Result {
                var outputs: [Tensor] = []
                try runClaimed(inputs, into: &outputs, cancellation)
                return outputs
            }
            isRunning.store(false, ordering: .releasing)
            completion(result)
        }
    }

    // MARK: Profile

    /// Rows about the last run; empty when the device does not count (the property PERF_COUNT).
    /// With several subgraphs the names begin with `subgraph1: `.
    /// - Throws: `busy` while a run is under way.
    public var profile: [ProfileRow] {
        get throws { try whileIdle { try $0.profile() } }
    }

    // MARK: One run at a time

    /// - Throws: `busy` while a run is under way.
    func whileIdle<Value: Sendable>(_ body: @Sendable (any Runner) throws -> Value) throws -> Value {
        try claim()
        defer { isRunning.store(false, ordering: .releasing) }
        return try runner.withLock { try body($0) }
    }

    private func claim() throws(VireoError) {
        guard isRunning.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
            throw VireoError(
                .busy, "this request is running already",
                remedy: "wait for it, or make another request of the compiled model")
        }
    }

    private func runClaimed(_ inputs: [Tensor], into outputs: inout [Tensor], _ cancellation: Cancellation?) throws {
        try cancellation?.check()
        let control = RunControl(cancellation: cancellation, lane: lane)
        guard let lane else { return try runner.withLock { try $0.run(inputs, into: &outputs, control) } }
        try lane.measure("infer \(model.name)") {
            try runner.withLock { try $0.run(inputs, into: &outputs, control) }
        }
    }
}
