import Synchronization
import VireoTensor

/// Runs a compiled model, once at a time. Buffers and scratch memory are kept from run to run.
public final class InferRequest: Sendable {
    public let model: CompiledModel
    private let state: Mutex<Run>

    init(_ model: CompiledModel) throws {
        self.model = model
        state = Mutex(try Run(model.plan))
    }

    /// Computes the model's outputs.
    /// - Parameter inputs: one tensor for each of the model's inputs, in their order.
    /// - Throws: `invalidArgument` when number, element types or shapes are not the model's; `busy` when another run of
    ///   this request is under way; otherwise what a device says.
    public func run(_ inputs: [Tensor]) throws -> [Tensor] {
        try check(inputs)
        let outputs = try state.withLockIfAvailable { try $0.run(inputs, outputs: model.outputs) }
        guard let outputs else { throw InferRequest.busy }
        return outputs
    }

    /// Computes the model's outputs.
    /// - Parameter inputs: a tensor for each of the model's inputs, by the input's name or one of its tensor's names.
    /// - Returns: the outputs by their names.
    /// - Throws: as `run(_:)`, and `invalidArgument` for a name that is missing, unknown or given twice.
    public func run(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        let results = try run(try ordered(inputs))
        return Dictionary(zip(model.outputs.map(\.name), results), uniquingKeysWith: { first, _ in first })
    }

    /// Rows about the last run; empty when the device does not count (the property PERF_COUNT).
    /// With several subgraphs the names begin with `subgraph1: `.
    /// - Throws: `busy` while a run is under way.
    public var profile: [ProfileRow] {
        get throws {
            guard let rows = try state.withLockIfAvailable({ try $0.profile() }) else { throw InferRequest.busy }
            return rows
        }
    }

    private static let busy = VireoError(
        .busy, "this request is running already", remedy: "wait for it, or make another request of the compiled model")

    private func check(_ tensors: [Tensor]) throws(VireoError) {
        guard tensors.count == model.inputs.count else {
            throw VireoError(
                .invalidArgument, "\(tensors.count) tensors for \(model.inputs.count) inputs",
                remedy: "the inputs are " + listing(model.inputs))
        }
        for (tensor, input) in zip(tensors, model.inputs) {
            guard tensor.elementType == input.elementType, tensor.shape == input.shape else {
                throw VireoError(
                    .invalidArgument,
                    "a tensor \(tensor.elementType)\(tensor.shape) for the input \"\(input.name)\", "
                        + "which is \(input.elementType)\(input.shape)")
            }
        }
    }

    private func ordered(_ tensors: [String: Tensor]) throws(VireoError) -> [Tensor] {
        var ordered = [Tensor?](repeating: nil, count: model.inputs.count)
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            guard let index = model.inputs.firstIndex(where: { $0.isCalled(name) }) else {
                throw VireoError(
                    .invalidArgument, "no input is called \"\(name)\"",
                    remedy: "the inputs are " + listing(model.inputs)
                )
            }
            guard ordered[index] == nil else {
                throw VireoError(.invalidArgument, "the input \"\(model.inputs[index].name)\" is given twice")
            }
            ordered[index] = tensor
        }
        let missing = zip(model.inputs, ordered).filter { $1 == nil }.map(\.0)
        guard missing.isEmpty else {
            throw VireoError(.invalidArgument, "tensors are missing for " + listing(missing))
        }
        return ordered.compactMap { $0 }
    }

    private func listing(_ ports: [CompiledModel.Port]) -> String {
        ports.map { "\"\($0.name)\" \($0.elementType)\($0.shape)" }.joined(separator: ", ")
    }
}
