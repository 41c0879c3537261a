import VireoIR
import VireoTensor

extension TensorFlowOperations {
    /// Conv2DBackpropInput, TensorFlow's transposed convolution: filters [H,W,O,I] become [I,O,H,W].
    static let transposedConvolution2D: Translator = { graph in
        let weights = try graph.emit(
            Transpose(), [graph.input(1), graph.indices([3, 2, 0, 1], "weights_order")], "weights")
        return [try transposed(graph, weights, isGrouped: false)]
    }

    /// DepthwiseConv2dNativeBackpropInput: filters [H,W,C,M] become [C,M,1,H,W].
    static let transposedDepthwiseConvolution2D: Translator = { graph in
        guard let shape = PartialShape.ranked(try graph.dimensions(graph.input(1))).shape, shape.rank == 4 else {
            throw VireoError(.unsupported, "a filter of unknown shape", in: [graph.node.place])
        }
        let ordered = try graph.emit(
            Transpose(), [graph.input(1), graph.indices([2, 3, 0, 1], "weights_order")], "weights_transposed")
        let target = try graph.indices([shape[2], shape[3], 1, shape[0], shape[1]], "weights_shape")
        return [try transposed(graph, graph.emit(Reshape(), [ordered, target], "weights"), isGrouped: true)]
    }

    /// The first input lists the output's shape; pads are those of the convolution that leads back from it.
    private static func transposed(_ graph: GraphImporter, _ weights: Output, isGrouped: Bool) throws -> Output {
        var window = try slidingWindow(graph, spatialRank: 2)
        let output = try graph.integers(0)
        let isLast = try graph.isChannelsLast()
        guard output.count == 4 else {
            throw VireoError(.malformedFile, "an output shape of \(output)", in: [graph.node.place])
        }
        let extents = isLast ? Array(output[1...2]) : Array(output[2...3])
        return try graph.inChannelsFirst(graph.input(2)) { data in
            let image = try graph.dimensions(data)
            guard image.count == 4 else {
                throw VireoError(.malformedFile, "an input of rank \(image.count)", in: [graph.node.place])
            }
            guard let input = PartialShape.ranked(Array(image[2...])).shape?.dimensions,
                let kernel = graph.type(weights).shape.shape?.dimensions.suffix(2), kernel.count == 2
            else {
                throw VireoError(.unsupported, "an input of unknown shape", in: [graph.node.place], faq: 38)
            }
            let lengths =
                input + kernel + extents + window.strides + window.dilations + window.padsBegin + window.padsEnd
            guard window.strides.count == 2, lengths.allSatisfy({ (0...Int(Int32.max)).contains($0) }) else {
                throw VireoError(
                    .malformedFile, "lengths of \(lengths), which no image has", in: [graph.node.place])
            }
            window = window.resolvingAutoPad(input: extents, kernel: Array(kernel))
            var padding: [Int] = []
            for (axis, size) in kernel.enumerated() {
                let reach = (size - 1) * window.dilations[axis] + 1
                let natural =
                    (input[axis] - 1) * window.strides[axis] + reach - window.padsBegin[axis] - window.padsEnd[axis]
                guard extents[axis] >= natural, extents[axis] - natural < window.strides[axis] else {
                    throw VireoError(
                        .malformedFile, "an input of \(input) does not come from an output of \(extents)",
                        in: [graph.node.place])
                }
                padding.append(extents[axis] - natural)
            }
            return try graph.emit(
                ConvolutionBackpropData(window, outputPadding: padding, isGrouped: isGrouped), [data, weights])
        }
    }
}
