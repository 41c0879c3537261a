import VireoIR
import VireoTensor

/// Batch normalization with constant statistics becomes Multiply and Add, which then merge into their neighbours:
/// y = x * (gamma / sqrt(variance + epsilon)) + (beta - mean * gamma / sqrt(variance + epsilon)).
/// A subtraction or division of a constant becomes an Add or Multiply for the same reason.
public struct DecomposeBatchNormalization: Pass {
    public init() {}

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() {
            let node = model[id]
            if let normalization = node.operation as? BatchNormInference {
                try decompose(node, epsilon: normalization.epsilon, in: &model)
            } else if let binary = node.operation as? BinaryElementwise {
                try normalize(node, binary.kind, in: &model)
            }
        }
    }

    private func decompose(_ node: Node, epsilon: Double, in model: inout Model) throws {
        let parameters = try node.inputs.dropFirst().map { try model.constant($0)?.doubles() }
        guard let gamma = parameters[0], let beta = parameters[1], let mean = parameters[2],
            let variance = parameters[3], let rank = node.outputs[0].type.shape.rank, rank >= 2
        else { return }
        let elementType = node.outputs[0].type.elementType
        let scale = zip(gamma, variance).map { $0 / ($1 + epsilon).squareRoot() }
        let shift = zip(zip(beta, mean), scale).map { $0.0 - $0.1 * $1 }
        func constant(_ values: [Double], _ suffix: String) throws -> Output {
            try model.addConstant(
                Tensor(elementType, [values.count], values: values).alongAxis(1, rank: rank), name: node.name + suffix)
        }
        let multiply = try model.add(
            BinaryElementwise(.multiply), [node.inputs[0], try constant(scale, "/scale")], name: "\(node.name)/multiply"
        )
        try model.replace(
            node.id, with: BinaryElementwise(.add), inputs: [Output(multiply), try constant(shift, "/shift")])
    }

    private func normalize(_ node: Node, _ kind: BinaryElementwise.Kind, in model: inout Model) throws {
        guard kind == .subtract || kind == .divide, let tensor = model.constant(node.inputs[1]),
            model.constant(node.inputs[0]) == nil, tensor.elementType == .f32, tensor.elementCount <= 1 << 16
        else { return }
        let values = try tensor.doubles().map { kind == .subtract ? -$0 : 1 / $0 }
        let inverse = try model.addConstant(
            Tensor(.f32, tensor.shape, values: values),
            name: "\(node.name)/" + (kind == .subtract ? "negated" : "reciprocal"))
        try model.replace(
            node.id, with: BinaryElementwise(kind == .subtract ? .add : .multiply), inputs: [node.inputs[0], inverse])
    }
}
