import VireoIR
import VireoTensor

/// A Gather that reorders the channels (axis 1) by constant indices moves behind operations with one constant a channel
/// and into the weights of the convolutions that read it. Where it cannot, it stays and does its work.
public struct SinkChannelReversal: Pass {
    public init() {}

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() {
            let node = model[id]
            guard let value = reorderedInput(node, in: model) else { continue }
            let gather = model[value.node]
            guard let order = try permutation(gather, in: model) else { continue }
            let source = gather.inputs[0]
            switch node.operation {
            case is Convolution:
                guard let weights = model.constant(node.inputs[1]), node.inputs[0] == value else { continue }
                // Channel c of the convolution's input was channel order[c] of the source.
                var inverse = order
                for (position, channel) in order.enumerated() { inverse[channel] = position }
                let reordered = try evaluate(Gather(), [weights, indexTensor(inverse), Tensor(scalar: Int64(1))])
                let constant = try model.addConstant(reordered, name: model[node.inputs[1].node].name)
                try model.replace(id, with: node.operation, inputs: [source, constant])
            case let binary as BinaryElementwise where binary.kind == .add || binary.kind == .multiply:
                guard let (data, tensor, _) = model.constantOperand(node), data == value,
                    let terms = model.perChannel(tensor, of: value), let rank = node.outputs[0].type.shape.rank
                else { continue }
                var inverse = order
                for (position, channel) in order.enumerated() { inverse[channel] = position }
                let reordered = try evaluate(Gather(), [terms, indexTensor(inverse), Tensor(scalar: Int64(0))])
                let constant = try model.addConstant(
                    reordered.alongAxis(1, rank: rank), name: "\(node.name)/reordered")
                let users = model.uses(of: Output(id))
                try model.replace(id, with: binary, inputs: [source, constant])
                let sunk = try model.add(
                    Gather(), [Output(id), gather.inputs[1], gather.inputs[2]], name: "\(gather.name)/after")
                for use in users { model.setInput(use, to: Output(sunk)) }
            default: continue
            }
        }
    }

    private func reorderedInput(_ node: Node, in model: Model) -> Output? {
        node.inputs.first { model[$0.node].operation is Gather }
    }

    /// The order of a Gather that permutes axis 1 of a tensor of rank 3 or more.
    private func permutation(_ gather: Node, in model: Model) throws -> [Int]? {
        guard let shape = model.type(of: gather.inputs[0]).shape.dimensions, shape.count >= 3,
            (gather.operation as? Gather)?.batchDims == 0,
            let axis = try model.constant(gather.inputs[2])?.integers(), axis == [1],
            let order = try model.constant(gather.inputs[1])?.integers(), shape[1].value == order.count,
            order.sorted() == Array(order.indices)
        else { return nil }
        return order
    }
}
