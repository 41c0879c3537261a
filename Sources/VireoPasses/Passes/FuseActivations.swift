import VireoIR
import VireoTensor

/// Activations that a graph spells out become one operation: x * sigmoid(x) is Swish, relu6(x + 3) / 6 HSigmoid, and
/// x * relu6(x + 3) / 6 HSwish. Howard et al., https://arxiv.org/abs/1905.02244.
public struct FuseActivations: Pass {
    public init() {}

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() where model.contains(id) {
            let node = model[id]
            guard model.isBinary(node, .multiply), node.inputs.count == 2 else { continue }
            if let data = swishInput(node, in: model) {
                try model.replace(id, with: Swish(), inputs: [data])
            } else if let (data, factor) = hardSwish(node, in: model) {
                try replace(node, by: .hSwish, data, factor, in: &model)
            } else if let (data, factor) = hardSigmoid(node, in: model), !becomesHardSwish(node, data, in: model) {
                try replace(node, by: .hSigmoid, data, factor, in: &model)
            }
        }
    }

    /// Some write 1/6 as 0.16667: what is left over is multiplied.
    private func replace(
        _ node: Node, by kind: UnaryElementwise.Kind, _ data: Output, _ factor: Double, in model: inout Model
    ) throws {
        guard abs(factor - 1) > 1e-6 else {
            return try model.replace(node.id, with: UnaryElementwise(kind), inputs: [data])
        }
        let activated = try model.add(UnaryElementwise(kind), [data], name: "\(node.name)/activation")
        let constant = try model.addConstant(Tensor(scalar: Float(factor)), name: "\(node.name)/factor")
        try model.replace(node.id, with: BinaryElementwise(.multiply), inputs: [Output(activated), constant])
    }

    private func swishInput(_ node: Node, in model: Model) -> Output? {
        operands(node).first { gate, data in
            let sigmoid = model[gate.node]
            return (sigmoid.operation as? UnaryElementwise)?.kind == .sigmoid && sigmoid.inputs[0] == data
                && model.uses(of: gate).count == 1
        }?.data
    }

    /// x when the node is x * relu6(x + 3) * factor / 6, in whatever order it multiplies.
    private func hardSwish(_ node: Node, in model: Model) -> (data: Output, factor: Double)? {
        for (gate, data) in operands(node) where model.uses(of: gate).count == 1 {
            if let (input, factor) = hardSigmoid(model[gate.node], in: model), input == data { return (data, factor) }
        }
        guard let (product, constant, _) = model.constantOperand(node), let factor = sixth(constant),
            let inner = model.soleBinary(product, .multiply)
        else { return nil }
        for (gate, data) in operands(inner) where clampedInput(gate, in: model) == data { return (data, factor) }
        return nil
    }

    /// x when the node is relu6(x + 3) * factor / 6.
    private func hardSigmoid(_ node: Node, in model: Model) -> (data: Output, factor: Double)? {
        guard model.isBinary(node, .multiply), let (gate, constant, _) = model.constantOperand(node),
            let factor = sixth(constant), let data = clampedInput(gate, in: model)
        else { return nil }
        return (data, factor)
    }

    /// Whether the only reader of a gate multiplies it with the gate's own input.
    private func becomesHardSwish(_ node: Node, _ data: Output, in model: Model) -> Bool {
        guard let user = model.soleUser(of: Output(node.id)), model.isBinary(user, .multiply) else { return false }
        return user.inputs.contains(data)
    }

    /// x when `value` is relu6(x + 3) and nobody else reads it.
    private func clampedInput(_ value: Output, in model: Model) -> Output? {
        let clamp = model[value.node]
        guard let limits = clamp.operation as? Clamp, limits.lower == 0, limits.upper == 6,
            model.uses(of: value).count == 1, let sum = model.soleBinary(clamp.inputs[0], .add),
            let (data, term, _) = model.constantOperand(sum), term.elementType == .f32,
            (try? term.doubles())?.allSatisfy({ $0 == 3 }) == true,
            model.type(of: data) == clamp.outputs[0].type
        else { return nil }
        return data
    }

    /// Six times a number that is about 1/6.
    private func sixth(_ tensor: Tensor) -> Double? {
        guard tensor.elementCount == 1, let value = try? tensor.doubles()[0], abs(value * 6 - 1) < 1e-3 else {
            return nil
        }
        return value * 6
    }

    private func operands(_ node: Node) -> [(gate: Output, data: Output)] {
        [(node.inputs[0], node.inputs[1]), (node.inputs[1], node.inputs[0])]
    }
}
