import VireoTensor

extension Model {
    /// How many floating-point operations one run takes: two for each multiplication and addition of the convolutions
    /// and matrix products, which is nearly all. Nil when a shape that matters is not known.
    public var floatingPointOperations: Int? {
        var total = 0
        for node in nodes {
            guard let count = cost(of: node) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(count)
            guard !overflow else { return nil }
            total = sum
        }
        return total
    }

    private func cost(of node: Node) -> Int? {
        func shape(_ input: Int) -> Shape? { type(of: node.inputs[input]).shape.shape }
        guard let output = node.outputs.first?.type.shape.shape else { return node.operation is Result ? 0 : nil }
        let factors: [Int]
        switch node.operation {
        case is Convolution:
            guard let weights = shape(1) else { return nil }
            factors = [output.elementCount] + weights.dimensions.dropFirst()
        case is GroupConvolution:
            guard let weights = shape(1) else { return nil }
            factors = [output.elementCount] + weights.dimensions.dropFirst(2)
        case let transposed as ConvolutionBackpropData:
            guard let weights = shape(1), let input = shape(0) else { return nil }
            // Every element of the input is spread over a window of each output channel.
            factors = [input.elementCount] + weights.dimensions.dropFirst(transposed.isGrouped ? 2 : 1)
        case let product as MatMul:
            guard let left = shape(0), left.rank > 0 else { return nil }
            let inner = product.transposeA && left.rank > 1 ? left.rank - 2 : left.rank - 1
            factors = [output.elementCount, left[inner]]
        default: return 0
        }
        var count = 2
        for factor in factors {
            let (product, overflow) = count.multipliedReportingOverflow(by: factor)
            guard !overflow else { return nil }
            count = product
        }
        return count
    }
}
