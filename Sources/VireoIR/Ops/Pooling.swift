import VireoTensor

/// The largest element under a sliding window; pads count as minus infinity. Input [N,C,…].
/// Version 8 adds dilations and a second output with the indices.
public struct MaxPool: Operation {
    public var window: SlidingWindow
    public let kernel: [Int]
    public let rounding: RoundingType
    public let version: Int
    /// Version 8 only.
    public let indexElementType: ElementType
    public let indexAxis: Int

    public init(_ window: SlidingWindow, kernel: [Int], rounding: RoundingType = .floor) {
        self.window = window
        self.kernel = kernel
        self.rounding = rounding
        version = 1
        indexElementType = .i64
        indexAxis = 0
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        window = try SlidingWindow(attributes, hasDilations: version >= 8)
        kernel = try checkedKernel(attributes, window)
        rounding = try checkedRounding(attributes, version)
        self.version = version
        indexElementType = try attributes.elementType("index_element_type", default: .i64)
        indexAxis = try attributes.integer("axis", default: 0)
    }

    public var type: String { "MaxPool" }
    public var attributes: [Attribute] {
        var list = window.attributes(dilations: version >= 8)
        list += [
            Attribute("kernel", .integers(kernel)), Attribute("rounding_type", .string(rounding.rawValue)),
            Attribute("auto_pad", .string(window.autoPad.rawValue)),
        ]
        if version >= 8 {
            list += [
                Attribute("index_element_type", .elementType(indexElementType)), Attribute("axis", .integer(indexAxis)),
            ]
        }
        return list
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        let pooled = try pooledType(inputs, window, kernel, rounding)
        return version >= 8 ? [pooled, ValueType(indexElementType, pooled.shape)] : [pooled]
    }
}

/// The mean of the elements under a sliding window. Input [N,C,…]. Version 16 adds dilations.
public struct AvgPool: Operation {
    public let version: Int
    public var window: SlidingWindow
    public let kernel: [Int]
    /// Whether the divisor counts only elements of the input, as TensorFlow does.
    public let excludePad: Bool
    public let rounding: RoundingType

    public init(_ window: SlidingWindow, kernel: [Int], excludePad: Bool, rounding: RoundingType = .floor) {
        version = 1
        self.window = window
        self.kernel = kernel
        self.excludePad = excludePad
        self.rounding = rounding
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.version = version
        window = try SlidingWindow(attributes, hasDilations: version >= 16)
        kernel = try checkedKernel(attributes, window)
        excludePad = try attributes.boolean(attributes.has("exclude-pad") ? "exclude-pad" : "exclude_pad")
        rounding = try checkedRounding(attributes, version)
    }

    public var type: String { "AvgPool" }
    public var attributes: [Attribute] {
        window.attributes(dilations: version >= 16) + [
            Attribute("kernel", .integers(kernel)), Attribute("exclude-pad", .boolean(excludePad)),
            Attribute("rounding_type", .string(rounding.rawValue)),
            Attribute("auto_pad", .string(window.autoPad.rawValue)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        [try pooledType(inputs, window, kernel, rounding)]
    }
}

private func checkedKernel(_ attributes: AttributeReader, _ window: SlidingWindow) throws -> [Int] {
    let kernel = try attributes.integers("kernel")
    guard kernel.count == window.spatialRank, kernel.allSatisfy({ (1...1 << 24).contains($0) }) else {
        throw VireoError(.malformedFile, "kernel \(kernel) for \(window.spatialRank) strides")
    }
    return kernel
}

private func checkedRounding(_ attributes: AttributeReader, _ version: Int) throws -> RoundingType {
    let rounding: RoundingType = try attributes.choice("rounding_type", default: .floor)
    guard rounding != .ceilTorch || version >= 14 else {
        throw VireoError(.malformedFile, "the rounding_type ceil_torch, which version 14 has added")
    }
    return rounding
}

private func pooledType(
    _ inputs: InferenceInputs, _ window: SlidingWindow, _ kernel: [Int], _ rounding: RoundingType
) throws -> ValueType {
    try inputs.require(1)
    let rank = window.spatialRank + 2
    guard let data = try inputs.dimensions(0, rank: rank...rank) else {
        return ValueType(inputs[0].elementType, .unranked)
    }
    let spatial = try window.outputDimensions(data[2...], kernel: kernel.map { Dimension($0) }, rounding: rounding)
    return ValueType(inputs[0].elementType, .ranked([data[0], data[1]] + spatial))
}
