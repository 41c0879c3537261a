import VireoTensor

/// (x - mean) / sqrt(variance + epsilon) over the channels of a group and all places, then scaled and shifted by
/// channel. Inputs: data [N, C, …], scale [C], bias [C]. Wu and He, https://arxiv.org/abs/1803.08494.
public struct GroupNormalization: Operation {
    public let groups: Int
    public let epsilon: Double

    init(_ attributes: AttributeReader, version: Int) throws {
        groups = try attributes.integer("num_groups")
        epsilon = try attributes.number("epsilon")
        guard groups > 0 else { throw VireoError(.malformedFile, "\(groups) groups") }
    }

    public var type: String { "GroupNormalization" }
    public var version: Int { 12 }
    public var attributes: [Attribute] {
        [Attribute("num_groups", .integer(groups)), Attribute("epsilon", .number(epsilon))]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3)
        guard let data = try inputs.dimensions(0, rank: 2...8) else { return [inputs[0]] }
        for index in 1...2 {
            guard inputs[index].shape.isCompatible(with: .ranked([data[1]])) else {
                throw VireoError(.invalidArgument, "input \(index) is \(inputs[index].shape) for \(data[1]) channels")
            }
        }
        if let channels = data[1].value, channels % groups != 0 {
            throw VireoError(.invalidArgument, "\(channels) channels in \(groups) groups")
        }
        return [inputs[0]]
    }
}

/// x / sqrt(bias + sum(x^2)) over the channels.
public struct GRN: Operation {
    public let bias: Double
    init(_ attributes: AttributeReader, version: Int) throws { bias = try attributes.number("bias") }

    public var type: String { "GRN" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [Attribute("bias", .number(bias))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        _ = try inputs.dimensions(0, rank: 2...4)
        return [inputs[0]]
    }
}
