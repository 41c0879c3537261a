import VireoTensor

/// Cross-correlation. Inputs: data [N,C,…], weights [O,C,…]; output [N,O,…]. There is no bias input: an Add follows.
public struct Convolution: Operation {
    public var window: SlidingWindow

    public init(_ window: SlidingWindow) { self.window = window }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(try SlidingWindow(attributes, hasDilations: true))
    }

    public var type: String { "Convolution" }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        window.attributes(dilations: true) + [Attribute("auto_pad", .string(window.autoPad.rawValue))]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        let elementType = try inputs.requireSameElementType(0, 1)
        let rank = window.spatialRank + 2
        guard let data = try inputs.dimensions(0, rank: rank...rank),
            let weights = try inputs.dimensions(1, rank: rank...rank)
        else { return [ValueType(elementType, .unranked)] }
        guard data[1].isCompatible(with: weights[1]) else {
            throw VireoError(
                .invalidArgument, "the data has \(data[1]) channels and the weights are for \(weights[1])")
        }
        let spatial = try window.outputDimensions(data[2...], kernel: Array(weights[2...]))
        return [ValueType(elementType, .ranked([data[0], weights[0]] + spatial))]
    }
}

/// Convolution in groups of channels. Inputs: data [N,G*I,…], weights [G,O,I,…]; output [N,G*O,…]. Depthwise has I = 1.
public struct GroupConvolution: Operation {
    public var window: SlidingWindow

    public init(_ window: SlidingWindow) { self.window = window }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(try SlidingWindow(attributes, hasDilations: true))
    }

    public var type: String { "GroupConvolution" }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        window.attributes(dilations: true) + [Attribute("auto_pad", .string(window.autoPad.rawValue))]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        let elementType = try inputs.requireSameElementType(0, 1)
        let rank = window.spatialRank + 2
        guard let data = try inputs.dimensions(0, rank: rank...rank),
            let weights = try inputs.dimensions(1, rank: rank + 1...rank + 1)
        else { return [ValueType(elementType, .unranked)] }
        var channels = Dimension.dynamic
        if let groups = weights[0].value, let outputs = weights[1].value {
            let (product, overflow) = groups.multipliedReportingOverflow(by: outputs)
            guard !overflow, groups > 0 else { throw VireoError(.invalidArgument, "\(groups) groups of \(outputs)") }
            channels = Dimension(product)
            if let inputsPerGroup = weights[2].value, let present = data[1].value {
                guard present % groups == 0, present / groups == inputsPerGroup else {
                    throw VireoError(
                        .invalidArgument,
                        "the data has \(present) channels and the weights are for \(groups) groups of \(inputsPerGroup)"
                    )
                }
            }
        }
        let spatial = try window.outputDimensions(data[2...], kernel: Array(weights[3...]))
        return [ValueType(elementType, .ranked([data[0], channels] + spatial))]
    }
}
