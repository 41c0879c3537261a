import VireoIR
import VireoTensor

/// A Multiply by one constant a channel, after or before a convolution with constant weights, goes into the weights:
/// (w * x) * m = (w m) * x along the output channels, w * (x m) = (w m) * x along the input channels.
/// Zero padding is not disturbed: 0 * m = 0. A Multiply after a matrix product goes into its constant operand.
public struct FuseMultiply: Pass {
    private let unfused: NamePatterns

    /// - Parameter unfused: nodes that are left alone.
    public init(unfused: NamePatterns = NamePatterns()) { self.unfused = unfused }

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() where model.contains(id) {
            let node = model[id]
            guard model.isBinary(node, .multiply), !unfused.matches(node.name),
                let (data, tensor, _) = model.constantOperand(node),
                node.outputs[0].type.shape == model.type(of: data).shape
            else { continue }
            if try fuseBackwards(node, data, tensor, in: &model) { continue }
            try fuseForwards(node, data, tensor, in: &model)
        }
    }

    private func fuseBackwards(_ node: Node, _ data: Output, _ tensor: Tensor, in model: inout Model) throws -> Bool {
        let producer = model[data.node]
        guard !unfused.matches(producer.name), model.uses(of: data).count == 1, producer.inputs.count == 2,
            let weights = model.constant(producer.inputs[1])
        else { return false }
        let scaled: Tensor
        switch producer.operation {
        case is Convolution:
            guard let factors = model.perChannel(tensor, of: data) else { return false }
            scaled = try weights.multiplied(by: factors, along: 0)
        case is GroupConvolution:
            guard let factors = model.perChannel(tensor, of: data) else { return false }
            var shape = [Int](repeating: 1, count: weights.shape.rank)
            (shape[0], shape[1]) = (weights.shape[0], weights.shape[1])
            scaled = try evaluate(BinaryElementwise(.multiply), [weights, factors.reshaped(to: Shape(shape))])
        case let product as MatMul where weights.shape.rank == 2:
            guard let rank = model.type(of: data).shape.rank, rank >= 2,
                tensor.elementCount == 1
                    || tensor.shape.rank >= 1 && tensor.shape.dimensions.last == tensor.elementCount
            else { return false }
            if tensor.elementCount == 1 {
                scaled = try evaluate(BinaryElementwise(.multiply), [weights, tensor.reshaped(to: [1, 1])])
            } else {
                scaled = try weights.multiplied(by: tensor, along: product.transposeB ? 0 : 1)
            }
        default: return false
        }
        let constant = try model.addConstant(scaled, name: model[producer.inputs[1].node].name)
        model.setInput(Use(producer.id, 1), to: constant)
        model.replaceUses(of: Output(node.id), with: data)
        model.remove(node.id)
        return true
    }

    private func fuseForwards(_ node: Node, _ data: Output, _ tensor: Tensor, in model: inout Model) throws {
        guard let consumer = model.soleUser(of: Output(node.id)), consumer.inputs.first == Output(node.id),
            !unfused.matches(consumer.name),
            consumer.inputs.count == 2, let weights = model.constant(consumer.inputs[1]),
            let factors = model.perChannel(tensor, of: data)
        else { return }
        let scaled: Tensor
        switch consumer.operation {
        case is Convolution: scaled = try weights.multiplied(by: factors, along: 1)
        case is GroupConvolution:
            var shape = [Int](repeating: 1, count: weights.shape.rank)
            (shape[0], shape[2]) = (weights.shape[0], weights.shape[2])
            scaled = try evaluate(BinaryElementwise(.multiply), [weights, factors.reshaped(to: Shape(shape))])
        default: return
        }
        let constant = try model.addConstant(scaled, name: model[consumer.inputs[1].node].name)
        model.setInput(Use(consumer.id, 1), to: constant)
        model.replaceUses(of: Output(node.id), with: data)
        model.remove(node.id)
    }
}
