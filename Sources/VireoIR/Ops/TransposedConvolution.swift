import VireoTensor

/// The gradient of a convolution with respect to its input, also called deconvolution. Inputs: data [N,I,…], weights
/// [I,O,…] or, in groups, [G,I,O,…], and perhaps the spatial output shape, from which the pads follow then.
public struct ConvolutionBackpropData: Operation {
    public var window: SlidingWindow
    public let outputPadding: [Int]
    public let isGrouped: Bool

    public init(_ window: SlidingWindow, outputPadding: [Int]? = nil, isGrouped: Bool = false) {
        self.window = window
        self.outputPadding = outputPadding ?? window.strides.map { _ in 0 }
        self.isGrouped = isGrouped
    }

    init(_ attributes: AttributeReader, isGrouped: Bool) throws {
        let window = try SlidingWindow(attributes, hasDilations: true)
        let padding = try attributes.integers("output_padding", default: window.strides.map { _ in 0 })
        guard padding.count == window.spatialRank, padding.allSatisfy({ (0...1 << 24).contains($0) }) else {
            throw VireoError(.malformedFile, "an output_padding of \(padding)")
        }
        self.init(window, outputPadding: padding, isGrouped: isGrouped)
    }

    public var type: String { isGrouped ? "GroupConvolutionBackpropData" : "ConvolutionBackpropData" }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        window.attributes(dilations: true) + [
            Attribute("auto_pad", .string(window.autoPad.rawValue)),
            Attribute("output_padding", .integers(outputPadding)),
        ]
    }

    /// The window with explicit pads, and the spatial output shape, for these extents.
    /// - Parameter output: the third input's value.
    public func resolved(
        input: [Int], kernel: [Int], output: [Int]?
    ) throws(VireoError) -> (window: SlidingWindow, output: [Int]) {
        var window = self.window
        window.autoPad = .explicit
        var extents: [Int] = []
        for axis in input.indices {
            guard input[axis] <= 1 << 30, kernel[axis] <= 1 << 24, input[axis] > 0, kernel[axis] > 0 else {
                throw VireoError(.invalidArgument, "an input of \(input) and a kernel of \(kernel)")
            }
            let reach = (kernel[axis] - 1) * window.dilations[axis] + 1
            let whole = (input[axis] - 1) * window.strides[axis] + reach
            if let output {
                if self.window.autoPad == .sameUpper || self.window.autoPad == .sameLower {
                    let total = max(whole + outputPadding[axis] - output[axis], 0)
                    // The other way round than in a convolution: "upper" leaves the odd element to the end of the
                    // output.
                    window.padsBegin[axis] = self.window.autoPad == .sameUpper ? total - total / 2 : total / 2
                    window.padsEnd[axis] = total - window.padsBegin[axis]
                }
                extents.append(output[axis])
            } else {
                // Without an output shape there is nothing for "same" to go by: the pads are what they are.
                if self.window.autoPad == .valid { (window.padsBegin[axis], window.padsEnd[axis]) = (0, 0) }
                extents.append(whole - window.padsBegin[axis] - window.padsEnd[axis] + outputPadding[axis])
            }
        }
        guard extents.allSatisfy({ (1...1 << 40).contains($0) }) else {
            throw VireoError(.invalidArgument, "an output of \(extents)")
        }
        return (window, extents)
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2...3)
        let elementType = try inputs.requireSameElementType(0, 1)
        let rank = window.spatialRank + 2
        let weightRank = rank + (isGrouped ? 1 : 0)
        guard let data = try inputs.dimensions(0, rank: rank...rank),
            let weights = try inputs.dimensions(1, rank: weightRank...weightRank)
        else { return [ValueType(elementType, .unranked)] }
        let groups = isGrouped ? weights[0].value : 1
        let perGroup = Array(weights.suffix(rank))
        var channels = Dimension.dynamic
        if let groups, let outputs = perGroup[1].value {
            let (product, overflow) = groups.multipliedReportingOverflow(by: outputs)
            guard !overflow, groups > 0 else { throw VireoError(.invalidArgument, "\(groups) groups of \(outputs)") }
            channels = Dimension(product)
            if let inputsPerGroup = perGroup[0].value, let present = data[1].value {
                guard present % groups == 0, present / groups == inputsPerGroup else {
                    throw VireoError(
                        .invalidArgument,
                        "the data has \(present) channels and the weights are for \(groups) groups of \(inputsPerGroup)"
                    )
                }
            }
        }
        let output = inputs.count == 3 ? try inputs.integers(2) : nil
        guard output?.count ?? window.spatialRank == window.spatialRank else {
            throw VireoError(.invalidArgument, "an output shape of \(output ?? [])")
        }
        var spatial = [Dimension](repeating: .dynamic, count: window.spatialRank)
        if let extents = PartialShape.ranked(Array(data[2...])).shape?.dimensions,
            let kernel = PartialShape.ranked(Array(perGroup[2...])).shape?.dimensions,
            inputs.count == 2 || output != nil
        {
            spatial = try resolved(input: extents, kernel: kernel, output: output).output.map { Dimension($0) }
        }
        return [ValueType(elementType, .ranked([data[0], channels] + spatial))]
    }
}
