import VireoIR
import VireoTensor

extension TensorFlowOperations {
    static let batchNormalization: Translator = { graph in
        guard try !graph.node.bool("is_training", default: true) else {
            throw VireoError(
                .unsupported, "batch normalization with is_training=True computes its statistics from the batch",
                in: [graph.node.place], remedy: "export the graph for inference (is_training=False)")
        }
        let epsilon = Double(try graph.node.float("epsilon", default: 1e-4))
        let parameters = try (1...4).map { try graph.input($0) }
        let result = try graph.inChannelsFirst(graph.input(0)) { data in
            try graph.emit(BatchNormInference(epsilon: epsilon), [data] + parameters)
        }
        return [result]
    }

    /// TensorFlow sums alpha over 2 * depth_radius + 1 channels; the IR divides alpha by that number.
    static let localResponseNormalization: Translator = { graph in
        let size = try 2 * min(graph.node.int("depth_radius", default: 5), 1 << 16) + 1
        let operation = LRN(
            alpha: Double(try graph.node.float("alpha", default: 1)) * Double(size),
            beta: Double(try graph.node.float("beta", default: 0.5)),
            bias: Double(try graph.node.float("bias", default: 1)), size: size)
        let first = try graph.channelsFirst(graph.input(0))
        let axes = try graph.indices([1], "axes")
        return [try graph.channelsLast(graph.emit(operation, [first, axes]))]
    }

    static let softMax: Translator = { graph in
        let data = try graph.input(0)
        return [try graph.emit(SoftMax(axis: graph.dimensions(data).count - 1), [data])]
    }

    static let logSoftmax: Translator = { graph in
        let data = try graph.input(0)
        return [try graph.emit(LogSoftmax(axis: graph.dimensions(data).count - 1), [data])]
    }
}
