import VireoTensor

/// Cross-correlation of signs: elements above 0 count as 1, others as -1. Inputs: data [N,C,H,W], weights [O,C,H,W] of
/// type u1; output [N,O,H,W] in the data's type. Kim and Smaragdis, https://arxiv.org/abs/1601.06071.
public struct BinaryConvolution: Operation {
    public var window: SlidingWindow
    /// What stands in the pads: -1, 1, or 0 for no part in the sum.
    public let padValue: Double

    init(_ attributes: AttributeReader, version: Int) throws {
        window = try SlidingWindow(attributes, hasDilations: true)
        padValue = try attributes.number("pad_value", default: 0)
        let mode = try attributes.string("mode", default: "xnor-popcount")
        guard mode.lowercased() == "xnor-popcount" else {
            throw VireoError(.malformedFile, "the mode \"\(mode)\", and xnor-popcount is the only one")
        }
        guard padValue.isFinite else { throw VireoError(.malformedFile, "a pad_value of \(padValue)") }
    }

    public var type: String { "BinaryConvolution" }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        window.attributes(dilations: true) + [
            Attribute("mode", .string("xnor-popcount")), Attribute("pad_value", .number(padValue)),
            Attribute("auto_pad", .string(window.autoPad.rawValue)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        let rank = window.spatialRank + 2
        guard let data = try inputs.dimensions(0, rank: rank...rank),
            let weights = try inputs.dimensions(1, rank: rank...rank)
        else { return [ValueType(inputs[0].elementType, .unranked)] }
        guard data[1].isCompatible(with: weights[1]) else {
            throw VireoError(
                .invalidArgument, "the data has \(data[1]) channels and the weights are for \(weights[1])")
        }
        let spatial = try window.outputDimensions(data[2...], kernel: Array(weights[2...]))
        return [ValueType(inputs[0].elementType, .ranked([data[0], weights[0]] + spatial))]
    }
}
