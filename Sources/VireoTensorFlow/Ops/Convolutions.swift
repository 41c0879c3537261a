import VireoIR
import VireoTensor

extension TensorFlowOperations {
    /// Conv2D: filters HWIO become OIHW.
    static let convolution2D: Translator = { graph in
        let window = try slidingWindow(graph, spatialRank: 2)
        let weights = try graph.emit(
            Transpose(), [graph.input(1), graph.indices([3, 2, 0, 1], "weights_order")], "weights")
        return [
            try graph.inChannelsFirst(graph.input(0)) { data in
                let (given, filter) = (try graph.dimensions(data), try graph.dimensions(weights))
                if given.count == 4, filter.count == 4, let channels = given[1].value,
                    let perGroup = filter[1].value, channels != perGroup
                {
                    return try groupConvolution(graph, data, weights, channels: channels, perGroup, window)
                }
                return try graph.emit(Convolution(window), [data, weights])
            }
        ]
    }

    /// DepthwiseConv2dNative: filters [H,W,I,M] become [I,M,1,H,W].
    static let depthwiseConvolution2D: Translator = { graph in
        let window = try slidingWindow(graph, spatialRank: 2)
        let filter = try graph.dimensions(graph.input(1))
        guard filter.count == 4, let shape = PartialShape.ranked(filter).shape else {
            throw VireoError(.unsupported, "a depthwise filter of shape \(filter)", in: [graph.node.place])
        }
        let ordered = try graph.emit(
            Transpose(), [graph.input(1), graph.indices([2, 3, 0, 1], "weights_order")], "weights_transposed")
        let target = try graph.indices([shape[2], shape[3], 1, shape[0], shape[1]], "weights_shape")
        let weights = try graph.emit(Reshape(), [ordered, target], "weights")
        return [
            try graph.inChannelsFirst(graph.input(0)) { data in
                try graph.emit(GroupConvolution(window), [data, weights])
            }
        ]
    }

    /// Conv2D whose filter has fewer input channels than the data: [G*O,I,H,W] becomes [G,O,I,H,W].
    private static func groupConvolution(
        _ graph: GraphImporter, _ data: Output, _ weights: Output, channels: Int, _ perGroup: Int,
        _ window: SlidingWindow
    ) throws -> Output {
        guard let shape = graph.type(weights).shape.shape, perGroup > 0, channels > 0, channels % perGroup == 0,
            shape[0] % (channels / perGroup) == 0
        else {
            throw VireoError(
                .malformedFile, "\(channels) channels do not fit a filter for \(perGroup)", in: [graph.node.place])
        }
        let groups = channels / perGroup
        let target = try graph.indices([groups, shape[0] / groups, perGroup, shape[2], shape[3]], "weights_shape")
        let grouped = try graph.emit(Reshape(), [weights, target], "weights_grouped")
        return try graph.emit(GroupConvolution(window), [data, grouped])
    }

    /// Conv3D: filters DHWIO become OIDHW.
    static let convolution3D: Translator = { graph in
        let window = try slidingWindow(graph, spatialRank: 3)
        let weights = try graph.emit(
            Transpose(), [graph.input(1), graph.indices([4, 3, 0, 1, 2], "weights_order")], "weights")
        return [
            try graph.inChannelsFirst(graph.input(0)) { try graph.emit(Convolution(window), [$0, weights]) }
        ]
    }

    static func maxPool(spatialRank: Int) -> Translator {
        { graph in
            let kernel = try spatial(graph, "ksize", spatialRank, input: 1)
            let window = try slidingWindow(graph, spatialRank: spatialRank, stridesInput: 2)
            return [
                try graph.inChannelsFirst(graph.input(0)) { try graph.emit(MaxPool(window, kernel: kernel), [$0]) }
            ]
        }
    }

    static func averagePool(spatialRank: Int) -> Translator {
        { graph in
            let kernel = try spatial(graph, "ksize", spatialRank)
            let window = try slidingWindow(graph, spatialRank: spatialRank)
            return [
                try graph.inChannelsFirst(graph.input(0)) {
                    try graph.emit(AvgPool(window, kernel: kernel, excludePad: true), [$0])
                }
            ]
        }
    }

    /// Strides, dilations and padding of the current node. TensorFlow's SAME is same_upper.
    static func slidingWindow(
        _ graph: GraphImporter, spatialRank: Int, stridesInput: Int? = nil
    ) throws -> SlidingWindow {
        let strides = try spatial(graph, "strides", spatialRank, input: stridesInput)
        let dilations = graph.node.attributes["dilations"] == nil ? nil : try spatial(graph, "dilations", spatialRank)
        var window = SlidingWindow(strides: strides, dilations: dilations)
        switch try graph.node.string("padding") {
        case "SAME": window.autoPad = .sameUpper
        case "VALID": window.autoPad = .valid
        case "EXPLICIT":
            let pads = try graph.node.ints("explicit_paddings")
            guard pads.count == 2 * (spatialRank + 2), pads.allSatisfy({ (0...1 << 24).contains($0) }) else {
                throw VireoError(.malformedFile, "explicit_paddings \(pads)", in: [graph.node.place])
            }
            let first = try graph.isChannelsLast() ? 1 : 2
            window.padsBegin = (first..<first + spatialRank).map { pads[2 * $0] }
            window.padsEnd = (first..<first + spatialRank).map { pads[2 * $0 + 1] }
        case let padding: throw VireoError(.unsupported, "padding \(padding)", in: [graph.node.place])
        }
        return window
    }

    /// The spatial elements of a list with a number for each axis in the node's layout, from an attribute or (in newer
    /// versions of the operation) an input.
    private static func spatial(
        _ graph: GraphImporter, _ key: String, _ spatialRank: Int, input: Int? = nil
    ) throws -> [Int] {
        let fromInput = input.map { $0 < graph.inputCount } ?? false
        let list = fromInput ? try graph.integers(input!) : try graph.node.ints(key)
        guard list.count == spatialRank + 2, list.allSatisfy({ (1...1 << 24).contains($0) }) else {
            throw VireoError(.malformedFile, "\(key) \(list)", in: [graph.node.place])
        }
        let isLast = try graph.isChannelsLast()
        guard list[0] == 1, list[isLast ? spatialRank + 1 : 1] == 1 else {
            throw VireoError(.unsupported, "\(key) \(list) over batch or channels", in: [graph.node.place])
        }
        return Array(list[(isLast ? 1 : 2)...].prefix(spatialRank))
    }

    static let matrixProduct: Translator = { graph in
        let isBatch = graph.node.op != "MatMul"
        let (left, right) = isBatch ? ("adj_x", "adj_y") : ("transpose_a", "transpose_b")
        let operation = MatMul(
            transposeA: try graph.node.bool(left, default: false),
            transposeB: try graph.node.bool(right, default: false))
        return [try graph.emit(operation, [graph.input(0), graph.input(1)])]
    }

    static let einsum: Translator = { graph in
        [try graph.emit(Einsum(graph.node.string("equation")), try graph.inputs())]
    }

    static let biasAdd: Translator = { graph in
        let data = try graph.input(0)
        var bias = try graph.input(1)
        let rank = try graph.dimensions(data).count
        if graph.node.op == "BiasAdd", try !graph.isChannelsLast(), rank > 2 {
            let axes = try graph.indices(Array(1..<rank - 1), "axes")
            bias = try graph.emit(Unsqueeze(), [bias, axes], "bias")
        }
        return [try graph.emit(BinaryElementwise(.add), [data, bias])]
    }
}
