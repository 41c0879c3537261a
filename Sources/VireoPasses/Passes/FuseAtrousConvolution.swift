import VireoIR
import VireoTensor

/// SpaceToBatch, a convolution and BatchToSpace together are a convolution with dilations: how TensorFlow once wrote
/// atrous convolutions. Biases and activations in between move behind. Chen et al., https://arxiv.org/abs/1606.00915.
public struct FuseAtrousConvolution: Pass {
    public init() {}

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() where model.contains(id) {
            let node = model[id]
            guard node.operation is BatchToSpace, let (first, between) = convolution(before: node, in: model) else {
                continue
            }
            let split = model[first.inputs[0].node]
            guard split.operation is SpaceToBatch, model.uses(of: first.inputs[0]).count == 1,
                let block = try integers(split, 1, in: model), let begin = try integers(split, 2, in: model),
                let end = try integers(split, 3, in: model), try integers(node, 1, in: model) == block,
                let cropBegin = try integers(node, 2, in: model), let cropEnd = try integers(node, 3, in: model),
                block[1] == 1, begin[1] == 0, end[1] == 0, cropBegin[1] == 0, cropEnd[1] == 0,
                let operation = dilated(
                    first.operation, Array(block[2...]), begin: zip(begin, cropBegin).map { $0 - $1 },
                    end: zip(end, cropEnd).map { $0 - $1 })
            else { continue }
            var value = Output(
                try model.add(operation, [split.inputs[0], first.inputs[1]], name: "\(first.name)/dilated"))
            for step in between.reversed() {
                let inputs = step.inputs.map { model.constant($0) == nil ? value : $0 }
                value = Output(try model.add(step.operation, inputs, name: "\(step.name)/dilated"))
            }
            guard model.type(of: value) == node.outputs[0].type else { continue }
            model.replaceUses(of: Output(id), with: value)
        }
    }

    private func integers(_ node: Node, _ index: Int, in model: Model) throws -> [Int]? {
        try model.constant(node.inputs[index])?.integers()
    }

    /// The convolution that a BatchToSpace ends, and the operations in between, last first: those that treat every
    /// element of a channel alike.
    private func convolution(before node: Node, in model: Model) -> (convolution: Node, between: [Node])? {
        var between: [Node] = []
        var value = node.inputs[0]
        while between.count < 8 {
            guard model.uses(of: value).count == 1 else { return nil }
            let node = model[value.node]
            switch node.operation {
            case is Convolution, is GroupConvolution: return (node, between)
            case is UnaryElementwise, is Clamp, is Elu: value = node.inputs[0]
            case let binary as BinaryElementwise where binary.kind == .add || binary.kind == .multiply:
                guard let (data, tensor, _) = model.constantOperand(node),
                    model.perChannel(tensor, of: data) != nil
                else { return nil }
                value = data
            default: return nil
            }
            between.append(node)
        }
        return nil
    }

    /// The convolution with the block as dilations and explicit pads; nil when it has strides, dilations or pads
    /// already.
    private func dilated(
        _ operation: any Operation, _ block: [Int], begin: [Int], end: [Int]
    ) -> (any Operation)? {
        let window = (operation as? Convolution)?.window ?? (operation as? GroupConvolution)?.window
        guard var window, window.strides.allSatisfy({ $0 == 1 }), window.dilations.allSatisfy({ $0 == 1 }),
            window.autoPad == .valid
                || window.autoPad == .explicit && (window.padsBegin + window.padsEnd).allSatisfy({ $0 == 0 }),
            (begin + end).allSatisfy({ $0 >= 0 }), block.count == window.spatialRank
        else { return nil }
        window.dilations = block
        window.padsBegin = Array(begin[2...])
        window.padsEnd = Array(end[2...])
        window.autoPad = .explicit
        return operation is Convolution ? Convolution(window) : GroupConvolution(window)
    }
}
