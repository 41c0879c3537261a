import VireoIR
import VireoTensor

/// A Multiply or Add of constants, one a channel, behind a Concat of convolutions' results moves before it, in parts:
/// there the weights and biases of the convolutions take it up.
public struct MoveScaleBeforeConcat: Pass {
    private let unfused: NamePatterns

    /// - Parameter unfused: nodes that are left alone.
    public init(unfused: NamePatterns = NamePatterns()) { self.unfused = unfused }

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() where model.contains(id) {
            let node = model[id]
            guard !unfused.matches(node.name), let kind = (node.operation as? BinaryElementwise)?.kind,
                kind == .multiply || kind == .add,
                let (data, tensor, _) = model.constantOperand(node),
                node.outputs[0].type.shape == model.type(of: data).shape,
                model.uses(of: data).count == 1, let concat = model[data.node].operation as? Concat,
                let rank = model.type(of: data).shape.rank, rank >= 2, try normalizedAxis(concat.axis, rank: rank) == 1,
                let values = model.perChannel(tensor, of: data),
                model[data.node].inputs.allSatisfy({ endsConvolution($0, in: model) })
            else { continue }
            var start = 0
            var parts: [Output] = []
            for part in model[data.node].inputs {
                let count = model.type(of: part).shape.shape![1]
                let indices = indexTensor(Array(start..<start + count))
                let term = try evaluate(Gather(), [values, indices, Tensor(scalar: Int64(0))])
                let constant = try model.addConstant(term.alongAxis(1, rank: rank), name: "\(node.name)/part")
                parts.append(
                    Output(try model.add(BinaryElementwise(kind), [part, constant], name: "\(node.name)/part")))
                start += count
            }
            try model.replace(id, with: concat, inputs: parts)
            model.remove(data.node)
        }
    }

    /// Whether a value is a convolution's result that nobody else reads, perhaps with constants multiplied and added.
    private func endsConvolution(_ value: Output, in model: Model) -> Bool {
        guard model.type(of: value).shape.isStatic, model.uses(of: value).count == 1 else { return false }
        let node = model[value.node]
        if node.operation is Convolution || node.operation is GroupConvolution { return true }
        guard model.isBinary(node, .multiply) || model.isBinary(node, .add),
            let (data, _, _) = model.constantOperand(node)
        else { return false }
        return endsConvolution(data, in: model)
    }
}
