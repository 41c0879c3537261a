import Foundation
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

    /// TensorFlow sums alpha over 2 * depth_radius + 1 channels; the IR divides alpha by that number. OpenVINO's CPU
    /// plugin takes every bias for 1, so that another one is taken out of the power: (b + a)^-c = b^-c * (1 + a / b)^-c.
    static let localResponseNormalization: Translator = { graph in
        let radius = try graph.node.int("depth_radius", default: 5)
        let bias = Double(try graph.node.float("bias", default: 1))
        let beta = Double(try graph.node.float("beta", default: 0.5))
        guard radius >= 0, bias > 0 else {
            throw VireoError(
                .malformedFile, "a depth_radius of \(radius) and a bias of \(bias)", in: [graph.node.place])
        }
        let size = 2 * min(radius, 1 << 16) + 1
        let alpha = Double(try graph.node.float("alpha", default: 1)) * Double(size)
        let first = try graph.channelsFirst(graph.input(0))
        let axes = try graph.indices([1], "axes")
        let operation = LRN(alpha: alpha / bias, beta: beta, bias: 1, size: size)
        guard bias != 1 else { return [try graph.channelsLast(graph.emit(operation, [first, axes]))] }
        let normalized = try graph.emit(operation, [first, axes], "with_bias_1")
        let factor = try graph.constant(
            Tensor(graph.type(normalized).elementType, .scalar, values: [pow(bias, -beta)]), "factor")
        return [try graph.channelsLast(graph.emit(BinaryElementwise(.multiply), [normalized, factor]))]
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
