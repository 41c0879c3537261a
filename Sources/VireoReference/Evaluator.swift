import VireoIR
import VireoTensor

/// Every operation computed in plain Swift: what the other backends are compared with, and what folds constants.
public enum Reference {
    /// What every evaluation calls first.
    @TaskLocal private static var interruption: (@Sendable () throws -> Void)?

    /// Runs `body`, in which each evaluation of an operation, also inside loops, first calls `check` and ends with what
    /// that throws.
    public static func evaluating<Result>(
        interruptedBy check: @escaping @Sendable () throws -> Void, _ body: () throws -> Result
    ) rethrows -> Result {
        try $interruption.withValue(check, operation: body)
    }

    /// The outputs of `operation` for these inputs.
    /// - Parameters:
    ///   - outputs: the types that the outputs are known to have.
    ///   - threads: at most this many are used; nil means every processor.
    /// - Throws: `unsupported` with the reason that `refusal` gives, `invalidArgument` when the inputs do not fit the
    ///   operation or an output would not have the type in `outputs`.
    public static func evaluate(
        _ operation: any Operation, _ inputs: [Tensor], outputs: [ValueType], threads: Int? = nil
    ) throws -> [Tensor] {
        try interruption?()
        let types = inputs.map { ValueType($0.elementType, $0.shape) }
        if let reason = refusal(of: operation, inputTypes: types) { throw VireoError(.unsupported, reason) }
        // Kernels rely on these shapes for the bounds of their loops, so they are inferred from the inputs at hand.
        let inferred = try operation.inferOutputs(InferenceInputs(types, constants: inputs))
        guard inferred.count == outputs.count,
            zip(inferred, outputs).allSatisfy({
                $0.shape.isCompatible(with: $1.shape)
                    && ($0.elementType == $1.elementType || $1.elementType == .dynamic)
            })
        else {
            throw VireoError(.invalidArgument, "\(operation.type) makes \(inferred), and \(outputs) is expected")
        }
        let entry = KernelTable.entry(operation.type)!
        let shapes = try (entry.sizesOutputs ? [] : inferred).map { type in
            guard let shape = type.shape.shape else {
                throw VireoError(.invalidArgument, "\(operation.type) makes \(type), which memory cannot hold")
            }
            return shape
        }
        let operands = try inputs.enumerated().map { index, input in
            entry.widens && !entry.indexInputs.contains(index) ? try input.widened() : input
        }
        let results = try Parallel.$threadLimit.withValue(threads) {
            try entry.run(operation, Call(inputs: operands, shapes: shapes))
        }
        for (result, output) in zip(results, outputs) {
            guard PartialShape(result.shape).isCompatible(with: output.shape) else {
                throw VireoError(.invalidArgument, "\(operation.type) makes \(result.shape), and \(output) is expected")
            }
        }
        return try zip(results, inferred).map { result, type in try result.narrowed(to: type.elementType) }
    }

    /// Why the operation cannot be evaluated for inputs of these types, or nil when it can.
    public static func refusal(of operation: any Operation, inputTypes: [ValueType]) -> String? {
        guard let entry = KernelTable.entry(operation.type) else {
            return "\(operation.type) has no reference kernel"
        }
        for (index, type) in inputTypes.enumerated() where type.elementType != .dynamic {
            let accepted = entry.indexInputs.contains(index) ? entry.indexTypes : entry.elementTypes
            guard accepted.contains(type.elementType) else {
                return "\(operation.type) with input \(index) of \(type.elementType)"
            }
        }
        if let convert = operation as? Convert, !entry.elementTypes.contains(convert.destination) {
            return "Convert to \(convert.destination)"
        }
        for body in operation.bodies {
            for node in body.model.nodes {
                if node.operation is Parameter || node.operation is Constant || node.operation is Result { continue }
                let types = node.inputs.map { body.model.type(of: $0) }
                if let reason = refusal(of: node.operation, inputTypes: types) {
                    return "\(operation.type) with \(node.label) in its body: \(reason)"
                }
            }
        }
        return nil
    }

    /// The element types of the data that an operation of this name takes; nil when it has no kernel.
    public static func elementTypes(of type: String) -> Set<ElementType>? {
        KernelTable.entry(type)?.elementTypes
    }
}

/// What a kernel is given: the inputs, with narrow element types widened, and the shapes of the outputs it makes,
/// unless those depend on what it computes.
struct Call {
    let inputs: [Tensor]
    let shapes: [Shape]

    /// The shape of the first output.
    var shape: Shape { shapes[0] }
    /// The type that the kernel computes in: that of the first input.
    var elementType: ElementType { inputs[0].elementType }
    /// An input in single precision.
    func floats(_ index: Int) throws(VireoError) -> [Float] {
        try inputs[index].converted(to: .f32).array(of: Float.self)
    }
    func integers(_ index: Int) throws(VireoError) -> [Int] { try inputs[index].integers() }
}
