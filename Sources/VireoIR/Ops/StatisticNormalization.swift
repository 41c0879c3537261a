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

    public let version: Int
    public let normalizeVariance: Bool
    public let epsilon: Double
    public let mode: Mode
    /// Version 2 has no input of axes: it normalizes the places of a channel, or of all channels together.
    public let acrossChannels: Bool

    public init(normalizeVariance: Bool, epsilon: Double, mode: Mode) {
        version = 6
        acrossChannels = false
        self.normalizeVariance = normalizeVariance
        self.epsilon = epsilon
        self.mode = mode
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.version = version
        normalizeVariance = try attributes.boolean("normalize_variance", default: version < 6 ? true : nil)
        epsilon = try attributes.number("eps", default: version < 6 ? 1e-9 : nil)
        mode = version < 6 ? .insideSqrt : try attributes.choice("eps_mode")
        acrossChannels = version < 6 ? try attributes.boolean("across_channels", default: true) : false
    }

    /// The axes of version 2.
    public func impliedAxes(rank: Int) -> [Int] { Array((acrossChannels ? 1 : 2)..<max(rank, 2)) }

    public var type: String { "MVN" }
    public var attributes: [Attribute] {
        guard version >= 6 else {
            return [
                Attribute("eps", .number(epsilon)), Attribute("across_channels", .boolean(acrossChannels)),
                Attribute("normalize_variance", .boolean(normalizeVariance)),
            ]
        }
        return [
            Attribute("normalize_variance", .boolean(normalizeVariance)), Attribute("eps", .number(epsilon)),
            Attribute("eps_mode", .string(mode.rawValue)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(version >= 6 ? 2 : 1)
        guard version >= 6 else {
            _ = try inputs.dimensions(0, rank: 3...8)
            return [inputs[0]]
        }
        if let axes = try inputs.integers(1), let rank = inputs[0].shape.rank {
            _ = try normalizedAxes(axes, rank: rank)
        }
        return [inputs[0]]
    }
}
