import Dispatch
import Synchronization
import VireoIR
import VireoTensor

/// `BATCH:A(16)`: requests that run at the same time are gathered, and their inputs run as one batch. A request that no
/// batch has taken within AUTO_BATCH_TIMEOUT milliseconds runs alone.
struct BatchTarget: CompilationTarget {
    let name: String
    let member: any CompilationTarget
    let size: Int

    /// Milliseconds: a few inferences of a small network, and not much for somebody who waits.
    private static let usualTimeout = 10

    func settableProperties() throws -> Set<String> { try member.settableProperties().union(["AUTO_BATCH_TIMEOUT"]) }

    func compile(_ model: Model, _ configuration: Configuration) throws -> any Program {
        let timeout = try configuration.value(of: .autoBatchTimeout) ?? BatchTarget.usualTimeout
        let rest = configuration.without(["AUTO_BATCH_TIMEOUT"])
        var larger = model
        for id in model.parameters {
            let type = model.type(of: Output(id))
            guard let shape = type.shape.shape, shape.rank > 0, type.elementType.byteWidth != nil,
                [nil, 0].contains(model[id].layout?.index(of: "N"))
            else {
                throw VireoError(
                    .unsupported, "the input \"\(model[id].name)\" \(type) has no batch as its first dimension",
                    remedy: "reshape the model to a static shape whose first dimension is the batch")
            }
            let dimensions = [shape[0] * size] + shape.dimensions.dropFirst()
            try larger.reshape([model[id].name: PartialShape(try Shape(validating: dimensions))])
        }
        let single = try CompiledModel(model, for: member, rest)
        let batched = try CompiledModel(larger, for: member, rest)
        for (one, many) in zip(single.outputs, batched.outputs) {
            guard let shape = one.shape.shape, shape.rank > 0,
                many.shape == PartialShape(Shape([shape[0] * size] + shape.dimensions.dropFirst()))
            else {
                throw VireoError(
                    .unsupported,
                    "the output \(one) of a batch of \(size) is \(many.shape), which cannot be divided among requests")
            }
        }
        return BatchProgram(single: single, batched: batched, size: size, timeout: .milliseconds(timeout))
    }
}

final class BatchProgram: Program {
    private let single: CompiledModel
    private let alone: Member
    private let together: Member
    private let size: Int
    private let timeout: DispatchTimeInterval
    private let pending = Mutex<[Ticket]>([])

    /// A request that waits for its batch to fill.
    fileprivate final class Ticket: Sendable {
        let inputs: [Tensor]
        let answer = Mutex<Swift.Result<[Tensor], any Error>?>(nil)
        let answered = DispatchSemaphore(value: 0)

        init(_ inputs: [Tensor]) { self.inputs = inputs }

        func give(_ result: Swift.Result<[Tensor], any Error>) {
            answer.withLock { $0 = result }
            answered.signal()
        }
    }

    init(single: CompiledModel, batched: CompiledModel, size: Int, timeout: DispatchTimeInterval) {
        self.single = single
        alone = Member(single)
        together = Member(batched)
        self.size = size
        self.timeout = timeout
    }

    var inputs: [CompiledModel.Port] { single.inputs }
    var outputs: [CompiledModel.Port] { single.outputs }
    /// That of the batch.
    var placement: Placement { together.model.placement }
    var devices: [DeviceInfo] { together.model.devices }
    var executionGraph: Model? { together.model.executionGraph }
    var isLoadedFromCache: Bool { single.isLoadedFromCache && together.model.isLoadedFromCache }
    var optimalRequestCount: Int { size * together.model.optimalRequestCount }

    func makeRunner() throws -> sending any Runner { BatchRunner(self) }

    /// Runs with others or alone, whichever comes first.
    /// - Returns: the request that ran.
    fileprivate func run(_ inputs: [Tensor], into results: inout [Tensor], _ control: RunControl) throws
        -> InferRequest?
    {
        let ticket = Ticket(inputs)
        let batch = pending.withLock { pending -> [Ticket] in
            pending.append(ticket)
            guard pending.count == size else { return [] }
            defer { pending = [] }
            return pending
        }
        guard batch.isEmpty else {
            let request = run(batch, control)
            results = try ticket.answer.withLock { $0! }.get()
            return request
        }
        control.cancellation?.whenCancelled { [weak self, ticket] in
            if self?.withdraw(ticket) == true { ticket.give(.failure(Cancellation.error)) }
        }
        defer { control.cancellation?.ended() }
        if ticket.answered.wait(timeout: .now() + timeout) == .timedOut {
            if withdraw(ticket) { return try alone.run(inputs, into: &results, control) }
            ticket.answered.wait()
        }
        results = try ticket.answer.withLock { $0! }.get()
        try control.cancellation?.check()
        return nil
    }

    /// - Returns: false when a batch has taken the ticket.
    private func withdraw(_ ticket: Ticket) -> Bool {
        pending.withLock { pending in
            guard let index = pending.firstIndex(where: { $0 === ticket }) else { return false }
            pending.remove(at: index)
            return true
        }
    }

    /// Runs a full batch and answers each ticket. Nobody's cancellation ends what others wait for.
    private func run(_ batch: [Ticket], _ control: RunControl) -> InferRequest? {
        do {
            let inputs = try single.inputs.indices.map { input in try Tensor(stacking: batch.map { $0.inputs[input] }) }
            var outputs: [Tensor] = []
            let request = try together.run(inputs, into: &outputs, RunControl(cancellation: nil, lane: control.lane))
            let parts = try outputs.map { try $0.divided(into: size) }
            for (number, ticket) in batch.enumerated() { ticket.give(.success(parts.map { $0[number] })) }
            return request
        } catch {
            for ticket in batch { ticket.give(.failure(error)) }
            return nil
        }
    }
}

private final class BatchRunner: Runner {
    private let program: BatchProgram
    private var last: InferRequest?

    init(_ program: BatchProgram) { self.program = program }

    func run(_ inputs: [Tensor], into results: inout [Tensor], _ control: RunControl) throws {
        last = try program.run(inputs, into: &results, control)
    }

    /// Rows about the batch when this request completed it; empty when another did.
    func profile() throws -> [ProfileRow] { try last?.profile ?? [] }
}

extension Tensor {
    /// The tensors one after the other along the first axis.
    fileprivate init(stacking tensors: [Tensor]) throws {
        let shape = tensors[0].shape
        self = try Tensor(
            zeros: tensors[0].elementType,
            Shape(validating: [shape[0] * tensors.count] + shape.dimensions.dropFirst()))
        let size = tensors[0].byteCount
        withUnsafeMutableBytes { bytes in
            for (number, tensor) in tensors.enumerated() {
                tensor.withUnsafeBytes {
                    UnsafeMutableRawBufferPointer(rebasing: bytes[number * size..<(number + 1) * size]).copyMemory(
                        from: $0)
                }
            }
        }
    }

    /// Equal parts along the first axis, each with memory of its own.
    fileprivate func divided(into count: Int) throws -> [Tensor] {
        let size = byteCount / count
        let shape = try Shape(validating: [self.shape[0] / count] + self.shape.dimensions.dropFirst())
        return try (0..<count).map { number in
            var part = try Tensor(zeros: elementType, shape)
            withUnsafeBytes { bytes in
                part.withUnsafeMutableBytes {
                    $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[number * size..<(number + 1) * size]))
                }
            }
            return part
        }
    }
}
