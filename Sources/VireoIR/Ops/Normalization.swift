import VireoTensor

/// exp(x) / sum(exp(x)) along one axis.
public struct SoftMax: Operation {
    public let axis: Int
    /// Version 8 lets the axis count from the back.
    public let version: Int

    public init(axis: Int) {
        self.axis = axis
        version = 8
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        axis = try attributes.integer("axis", default: 1)
        self.version = version
        guard axis >= 0 || version >= 8 else { throw VireoError(.malformedFile, "SoftMax-1 with axis \(axis)") }
    }

    public var type: String { "SoftMax" }
    public var attributes: [Attribute] { [Attribute("axis", .integer(axis))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        if let rank = inputs[0].shape.rank { _ = try normalizedAxis(axis, rank: rank) }
        return [inputs[0]]
    }
}

/// x - max - log(sum(exp(x - max))) along one axis.
public struct LogSoftmax: Operation {
    public let axis: Int
    public init(axis: Int) { self.axis = axis }
    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(axis: try attributes.integer("axis", default: 1))
    }

    public var type: String { "LogSoftmax" }
    public var version: Int { 5 }
    public var attributes: [Attribute] { [Attribute("axis", .integer(axis))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        if let rank = inputs[0].shape.rank { _ = try normalizedAxis(axis, rank: rank) }
        return [inputs[0]]
    }
}

/// gamma * (x - mean) / sqrt(variance + epsilon) + beta along axis 1. Inputs: data, gamma, beta, mean, variance.
/// Ioffe and Szegedy, https://arxiv.org/abs/1502.03167.
/// In version 1 the data come after gamma and beta.
public struct BatchNormInference: Operation {
    public let epsilon: Double
    public let version: Int

    public init(epsilon: Double) {
        self.epsilon = epsilon
        version = 5
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.version = version
        epsilon = try attributes.number("epsilon")
    }

    /// Which input holds the data; the others are gamma, beta, mean and variance in this order.
    public var dataInput: Int { version >= 5 ? 0 : 2 }

    public var type: String { "BatchNormInference" }
    public var attributes: [Attribute] { [Attribute("epsilon", .number(epsilon))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(5)
        if let data = try inputs.dimensions(dataInput, rank: 2...8) {
            for index in 0..<5 where index != dataInput {
                if let vector = try inputs.dimensions(index, rank: 1...1), !vector[0].isCompatible(with: data[1]) {
                    throw VireoError(
                        .invalidArgument, "input \(index) has \(vector[0]) elements for \(data[1]) channels")
                }
            }
        }
        return [inputs[dataInput]]
    }
}

/// Local response normalization over the axes of the second input:
/// x / (bias + alpha / size^|axes| * sum(x^2))^beta. Krizhevsky et al., 2012.
public struct LRN: Operation {
    public let alpha: Double
    public let beta: Double
    public let bias: Double
    public let size: Int

    public init(alpha: Double, beta: Double, bias: Double, size: Int) {
        self.alpha = alpha
        self.beta = beta
        self.bias = bias
        self.size = size
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(
            alpha: try attributes.number("alpha"), beta: try attributes.number("beta"),
            bias: try attributes.number("bias"), size: try attributes.integer("size"))
        guard (1...1 << 20).contains(size) else { throw VireoError(.malformedFile, "LRN over \(size) elements") }
    }

    public var type: String { "LRN" }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        [
            Attribute("alpha", .number(alpha)), Attribute("beta", .number(beta)), Attribute("bias", .number(bias)),
            Attribute("size", .integer(size)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        if let axes = try inputs.integers(1), let rank = inputs[0].shape.rank {
            _ = try normalizedAxes(axes, rank: rank)
        }
        return [inputs[0]]
    }
}
