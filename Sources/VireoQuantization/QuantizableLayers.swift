import VireoIR
import VireoTensor

/// A layer that multiplies activations by constant weights.
struct QuantizableLayer {
    let id: NodeID
    let name: String
    let type: String
    /// What it reads.
    let input: Output
    /// Where that is rounded: before the operations that only move numbers.
    let rounded: Output
    let weights: Tensor
    /// The axes of the weights that outputs run along.
    let outputAxes: Range<Int>
    /// The axis of the data that is summed over, and the axis of the result that outputs run along.
    let inputChannelAxis: Int
    let outputChannelAxis: Int
    let resultRank: Int

    /// The layers of a model whose constants are folded, in the order of computation.
    static func all(of model: Model) throws -> [QuantizableLayer] {
        try model.topologicalOrder().compactMap { QuantizableLayer(model[$0], in: model) }
    }

    private init?(_ node: Node, in model: Model) {
        guard node.inputs.count == 2, let weights = model.constant(node.inputs[1]), weights.elementType == .f32,
            model.constant(node.inputs[0]) == nil, weights.elementCount > 0,
            let rank = model.type(of: node.inputs[0]).shape.rank,
            let resultRank = node.outputs[0].type.shape.rank
        else { return nil }
        switch node.operation {
        case is Convolution: (outputAxes, inputChannelAxis, outputChannelAxis) = (0..<1, 1, 1)
        case is GroupConvolution: (outputAxes, inputChannelAxis, outputChannelAxis) = (0..<2, 1, 1)
        case let product as MatMul:
            guard !product.transposeA, weights.shape.rank == 2, rank >= 2 else { return nil }
            outputAxes = product.transposeB ? 0..<1 : 1..<2
            (inputChannelAxis, outputChannelAxis) = (rank - 1, resultRank - 1)
        default: return nil
        }
        id = node.id
        name = node.name
        type = node.type
        input = node.inputs[0]
        rounded = QuantizableLayer.origin(of: node.inputs[0], in: model)
        self.weights = weights
        self.resultRank = resultRank
    }

    /// The value that `value` consists of, before operations that only move or select numbers.
    static func origin(of value: Output, in model: Model) -> Output {
        var value = value
        while movesNumbers(model[value.node]) { value = model[value.node].inputs[0] }
        return value
    }

    static func movesNumbers(_ node: Node) -> Bool {
        switch node.operation {
        case is MaxPool, is Reshape, is Squeeze, is Unsqueeze, is Transpose: true
        default: false
        }
    }
}

/// The sums of two computed tensors: the operand that is rounded, so that the layer which computes the other can add
/// integers.
struct ResidualSum {
    let use: Use
    let rounded: Output

    static func all(of model: Model, beside layers: [QuantizableLayer]) throws -> [ResidualSum] {
        let layerIDs = Set(layers.map(\.id))
        return try model.topologicalOrder().compactMap { id in
            let node = model[id]
            guard (node.operation as? BinaryElementwise)?.kind == .add,
                case let types = node.inputs.map({ model.type(of: $0).shape }), types[0] == types[1],
                node.inputs.allSatisfy({ model.constant($0) == nil }), node.inputs[0] != node.inputs[1]
            else { return nil }
            let areFused = node.inputs.map { endsLayer($0, layerIDs, in: model) }
            guard areFused.contains(true) else { return nil }
            let side = areFused[0] ? 1 : 0
            return ResidualSum(use: Use(id, side), rounded: QuantizableLayer.origin(of: node.inputs[side], in: model))
        }
    }

    /// Whether a layer's kernel can go on to this sum: nothing but a bias lies between, and nobody else reads it.
    private static func endsLayer(_ value: Output, _ layers: Set<NodeID>, in model: Model) -> Bool {
        guard model.uses(of: value).count == 1 else { return false }
        if layers.contains(value.node) { return true }
        let node = model[value.node]
        guard (node.operation as? BinaryElementwise)?.kind == .add else { return false }
        return node.inputs.contains { layers.contains($0.node) && model.uses(of: $0).count == 1 }
            && node.inputs.contains { model.constant($0) != nil }
    }
}
