import VireoTensor

/// To the nearest whole number.
public struct Round: Operation {
    public enum Mode: String, CaseIterable, Sendable {
        case halfToEven = "half_to_even"
        case halfAwayFromZero = "half_away_from_zero"
    }

    public let mode: Mode
    public init(_ mode: Mode = .halfToEven) { self.mode = mode }
    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(try attributes.choice("mode", default: .halfToEven))
    }

    public var type: String { "Round" }
    public var version: Int { 5 }
    public var attributes: [Attribute] { [Attribute("mode", .string(mode.rawValue))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        return [inputs[0]]
    }
}

/// x times the normal distribution's integral up to x. Hendrycks and Gimpel, https://arxiv.org/abs/1606.08415.
public struct Gelu: Operation {
    public enum Approximation: String, CaseIterable, Sendable {
        case erf
        case tanh
    }

    public let approximation: Approximation
    /// Version 2 has the erf and no choice.
    public let version: Int

    public init(_ approximation: Approximation = .erf) {
        self.approximation = approximation
        version = 7
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.version = version
        approximation = version >= 7 ? try attributes.choice("approximation_mode", default: .erf) : .erf
    }

    public var type: String { "Gelu" }
    public var attributes: [Attribute] {
        version >= 7 ? [Attribute("approximation_mode", .string(approximation.rawValue))] : []
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        return [inputs[0]]
    }
}

/// min(max(alpha * x + beta, 0), 1). Inputs: data, alpha, beta.
public struct HardSigmoid: Operation {
    public init() {}
    public var type: String { "HardSigmoid" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3)
        return [inputs[0]]
    }
}

/// lambda * x where x > 0, lambda * alpha * (exp(x) - 1) elsewhere. Inputs: data, alpha, lambda.
/// Klambauer et al., https://arxiv.org/abs/1706.02515.
public struct Selu: Operation {
    public init() {}
    public var type: String { "Selu" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3)
        return [inputs[0]]
    }
}
