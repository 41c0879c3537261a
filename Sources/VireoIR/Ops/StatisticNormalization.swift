import VireoTensor

/// How a small number keeps a divisor from being 0.
public enum EpsilonMode: String, CaseIterable, Sendable {
    case add
    case max
}

/// x / sqrt(sum(x^2) + eps), or the larger of the sum and eps, over the axes of the second input.
public struct NormalizeL2: Operation {
    public let epsilon: Double
    public let mode: EpsilonMode

    public init(epsilon: Double, mode: EpsilonMode) {
        self.epsilon = epsilon
        self.mode = mode
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(epsilon: try attributes.number("eps"), mode: try attributes.choice("eps_mode"))
    }

    public var type: String { "NormalizeL2" }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        [Attribute("eps", .number(epsilon)), Attribute("eps_mode", .string(mode.rawValue))]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        if let axes = try inputs.integers(1), let rank = inputs[0].shape.rank {
            _ = try normalizedAxes(axes, rank: rank)
        }
        return [inputs[0]]
    }
}

/// (x - mean) / deviation over the axes of the second input; without `normalizeVariance` only the mean is taken off.
public struct MVN: Operation {
    public enum Mode: String, CaseIterable, Sendable {
        case insideSqrt = "inside_sqrt"
        case outsideSqrt = "outside_sqrt"
    }

    public let normalizeVariance: Bool
    public let epsilon: Double
    public let mode: Mode

    public init(normalizeVariance: Bool, epsilon: Double, mode: Mode) {
        self.normalizeVariance = normalizeVariance
        self.epsilon = epsilon
        self.mode = mode
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(
            normalizeVariance: try attributes.boolean("normalize_variance"), epsilon: try attributes.number("eps"),
            mode: try attributes.choice("eps_mode"))
    }

    public var type: String { "MVN" }
    public var version: Int { 6 }
    public var attributes: [Attribute] {
        [
            Attribute("normalize_variance", .boolean(normalizeVariance)), Attribute("eps", .number(epsilon)),
            Attribute("eps_mode", .string(mode.rawValue)),
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
