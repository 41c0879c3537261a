import VireoTensor

/// The windows of an image as channels: [N, kh*kw*C, rows, columns], for each place in the window all channels.
public struct ExtractImagePatches: Operation {
    public let sizes: [Int]
    public let window: SlidingWindow

    init(_ attributes: AttributeReader, version: Int) throws {
        sizes = try attributes.integers("sizes")
        window = SlidingWindow(
            strides: try attributes.integers("strides"), dilations: try attributes.integers("rates"),
            autoPad: try attributes.choice("auto_pad"))
        guard sizes.count == 2, window.strides.count == 2, window.dilations.count == 2,
            (sizes + window.strides + window.dilations).allSatisfy({ (1...1 << 24).contains($0) })
        else { throw VireoError(.malformedFile, "sizes, strides and rates are two positive numbers each") }
    }

    public var type: String { "ExtractImagePatches" }
    public var version: Int { 3 }
    public var attributes: [Attribute] {
        [
            Attribute("sizes", .integers(sizes)), Attribute("strides", .integers(window.strides)),
            Attribute("rates", .integers(window.dilations)), Attribute("auto_pad", .string(window.autoPad.rawValue)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        guard let data = try inputs.dimensions(0, rank: 4...4) else { return [inputs[0]] }
        let channels = data[1].value.map { Dimension($0 * sizes[0] * sizes[1]) } ?? .dynamic
        let spatial = try window.outputDimensions(data[2...], kernel: sizes.map { Dimension($0) })
        return [ValueType(inputs[0].elementType, .ranked([data[0], channels] + spatial))]
    }
}

/// Images of overlapping windows added up, the inverse of taking them: from [N, C*kh*kw, L] to [N, C, H, W].
/// Inputs: data, the extents of the output, the extents of the window.
public struct Col2Im: Operation {
    public let window: SlidingWindow

    init(_ attributes: AttributeReader, version: Int) throws {
        let ones = try attributes.integers("strides", default: [1, 1])
        window = SlidingWindow(
            strides: ones, dilations: try attributes.integers("dilations", default: [1, 1]),
            padsBegin: try attributes.integers("pads_begin", default: [0, 0]),
            padsEnd: try attributes.integers("pads_end", default: [0, 0]))
        guard [window.strides, window.dilations, window.padsBegin, window.padsEnd].allSatisfy({ $0.count == 2 }),
            (window.strides + window.dilations).allSatisfy({ (1...1 << 24).contains($0) }),
            (window.padsBegin + window.padsEnd).allSatisfy({ (0...1 << 24).contains($0) })
        else { throw VireoError(.malformedFile, "strides, dilations and pads are two numbers each") }
    }

    public var type: String { "Col2Im" }
    public var version: Int { 15 }
    public var attributes: [Attribute] { window.attributes(dilations: true) }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3)
        let elementType = inputs[0].elementType
        guard let data = try inputs.dimensions(0, rank: 2...3) else { return [ValueType(elementType, .unranked)] }
        let batch = Array(data.dropLast(2))
        guard let size = try inputs.integers(1), let kernel = try inputs.integers(2) else {
            return [ValueType(elementType, .ranked(batch + [.dynamic, .dynamic, .dynamic]))]
        }
        guard size.count == 2, kernel.count == 2, (size + kernel).allSatisfy({ (1...1 << 24).contains($0) }) else {
            throw VireoError(.invalidArgument, "an output of \(size) from windows of \(kernel)")
        }
        let counts = try window.outputDimensions(size.map { Dimension($0) }[...], kernel: kernel.map { Dimension($0) })
        if let places = data[data.count - 1].value, let rows = counts[0].value, let columns = counts[1].value,
            places != rows * columns
        {
            throw VireoError(.invalidArgument, "\(places) windows, and \(rows) times \(columns) are needed")
        }
        let area = kernel[0] * kernel[1]
        let channels = data[data.count - 2]
        if let count = channels.value, count % area != 0 {
            throw VireoError(.invalidArgument, "\(count) rows for windows of \(kernel)")
        }
        return [
            ValueType(
                elementType,
                .ranked(batch + [channels.value.map { Dimension($0 / area) } ?? .dynamic] + size.map { Dimension($0) }))
        ]
    }
}
