import VireoIR
import VireoTensor

/// Removes operations that give back their input: Reshape, Squeeze, Unsqueeze and Transpose that change nothing,
/// Convert to the type that is there, Pad by nothing, Concat of one, adding 0 and multiplying by 1.
public struct RemoveNoOps: Pass {
    public init() {}

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() {
            let node = model[id]
            guard let kept = survivor(node, in: model), model.type(of: kept) == node.outputs[0].type else { continue }
            model.replaceUses(of: Output(id), with: kept)
            if !model.hasUses(id) { model.remove(id) }
        }
    }

    /// The input that the node's output equals.
    private func survivor(_ node: Node, in model: Model) -> Output? {
        switch node.operation {
        case is Reshape, is Squeeze, is Unsqueeze, is Convert, is Broadcast, is Tile:
            guard let input = node.inputs.first, model.type(of: input).shape.isStatic else { return nil }
            return input
        case is Transpose:
            guard let order = try? model.constant(node.inputs[1])?.integers(), order == Array(order.indices) else {
                return nil
            }
            return node.inputs[0]
        case is Pad:
            guard let begin = try? model.constant(node.inputs[1])?.integers(), begin.allSatisfy({ $0 == 0 }),
                let end = try? model.constant(node.inputs[2])?.integers(), end.allSatisfy({ $0 == 0 })
            else { return nil }
            return node.inputs[0]
        case is Concat: return node.inputs.count == 1 ? node.inputs[0] : nil
        case let binary as BinaryElementwise:
            guard let (data, tensor, index) = model.constantOperand(node), tensor.elementCount <= 4096,
                let values = try? tensor.doubles()
            else { return nil }
            switch binary.kind {
            case .add: return values.allSatisfy { $0 == 0 } ? data : nil
            case .multiply: return values.allSatisfy { $0 == 1 } ? data : nil
            case .subtract: return index == 1 && values.allSatisfy { $0 == 0 } ? data : nil
            case .divide: return index == 1 && values.allSatisfy { $0 == 1 } ? data : nil
            default: return nil
            }
        default: return nil
        }
    }
}
