import VireoTensor

/// A convolution whose taps are moved by offsets that the network computes. Dai et al.,
/// https://arxiv.org/abs/1703.06211. Inputs: data [N, C, H, W], offsets [N, 2*D*kh*kw, H', W'] (rows before columns),
/// weights [O, C/G, kh, kw] and, from version 8 on, optionally a mask [N, D*kh*kw, H', W'].
public struct DeformableConvolution: Operation {
    public let window: SlidingWindow
    public let groups: Int
    public let deformableGroups: Int
    public let version: Int
    /// Whether a tap at the border is interpolated with zeros outside.
    public let padsInterpolation: Bool

    init(_ attributes: AttributeReader, version: Int) throws {
        window = try SlidingWindow(attributes, hasDilations: true)
        groups = try attributes.integer("group", default: 1)
        deformableGroups = try attributes.integer("deformable_group", default: 1)
        self.version = version
        padsInterpolation = version >= 8 ? try attributes.boolean("bilinear_interpolation_pad", default: false) : false
        guard window.spatialRank == 2, groups > 0, deformableGroups > 0 else {
            throw VireoError(.malformedFile, "\(groups) groups over \(window.spatialRank) axes")
        }
    }

    public var type: String { "DeformableConvolution" }
    public var attributes: [Attribute] {
        var list = window.attributes(dilations: true)
        list += [
            Attribute("auto_pad", .string(window.autoPad.rawValue)), Attribute("group", .integer(groups)),
            Attribute("deformable_group", .integer(deformableGroups)),
        ]
        if version >= 8 { list.append(Attribute("bilinear_interpolation_pad", .boolean(padsInterpolation))) }
        return list
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(version >= 8 ? 3...4 : 3...3)
        guard let data = try inputs.dimensions(0, rank: 4...4), let weights = try inputs.dimensions(2, rank: 4...4)
        else {
            return [ValueType(inputs[0].elementType, .unranked)]
        }
        if let channels = data[1].value, let outputs = weights[0].value, let part = weights[1].value {
            guard part.multipliedReportingOverflow(by: groups) == (channels, false), outputs % groups == 0,
                channels % deformableGroups == 0
            else {
                throw VireoError(
                    .invalidArgument, "\(channels) channels with weights \(inputs[2].shape) in \(groups) groups")
            }
        }
        let spatial = try window.outputDimensions(data[2...], kernel: Array(weights[2...]))
        if let rows = weights[2].value, let columns = weights[3].value {
            let taps = rows * columns * deformableGroups
            for (index, channels) in [(1, 2 * taps), (3, taps)] where index < inputs.count {
                let wanted = PartialShape.ranked([data[0], Dimension(channels)] + spatial)
                guard inputs[index].shape.isCompatible(with: wanted) else {
                    throw VireoError(
                        .invalidArgument, "input \(index) is \(inputs[index].shape), and \(wanted) is needed")
                }
            }
        }
        return [ValueType(inputs[0].elementType, .ranked([data[0], weights[0]] + spatial))]
    }
}

/// Position-sensitive pools over regions whose parts are moved by offsets. Dai et al.,
/// https://arxiv.org/abs/1703.06211. Inputs: data [N, D*G*G, H, W], regions [R, 5] and optionally offsets [R, 2*K, P,
/// P].
public struct DeformablePSROIPooling: Operation {
    public let outputChannels: Int
    public let spatialScale: Double
    public let groupSize: Int
    public let samples: Int
    public let offsetScale: Double
    public let partSize: Int

    init(_ attributes: AttributeReader, version: Int) throws {
        outputChannels = try attributes.integer("output_dim")
        spatialScale = try attributes.number("spatial_scale")
        groupSize = try attributes.integer("group_size", default: 1)
        samples = try attributes.integer("spatial_bins_x", default: 1)
        offsetScale = try attributes.number("trans_std", default: 1)
        partSize = try attributes.integer("part_size", default: 1)
        guard [outputChannels, groupSize, samples, partSize].allSatisfy({ (1...1 << 16).contains($0) }),
            try attributes.integer("spatial_bins_y", default: 1) == samples
        else { throw VireoError(.malformedFile, "output_dim, group_size, part_size and bins must be positive") }
    }

    public var type: String { "DeformablePSROIPooling" }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        [
            Attribute("output_dim", .integer(outputChannels)), Attribute("spatial_scale", .number(spatialScale)),
            Attribute("group_size", .integer(groupSize)), Attribute("mode", .string("bilinear_deformable")),
            Attribute("spatial_bins_x", .integer(samples)), Attribute("spatial_bins_y", .integer(samples)),
            Attribute("trans_std", .number(offsetScale)), Attribute("part_size", .integer(partSize)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2...3)
        let data = try inputs.dimensions(0, rank: 4...4)
        let regions = try inputs.dimensions(1, rank: 2...2)
        guard data?[1].isCompatible(with: Dimension(outputChannels * groupSize * groupSize)) ?? true,
            regions?[1].isCompatible(with: 5) ?? true
        else {
            throw VireoError(.invalidArgument, "data \(inputs[0].shape) with regions \(inputs[1].shape)")
        }
        if inputs.count == 3, let offsets = try inputs.dimensions(2, rank: 4...4) {
            let size = Dimension(partSize)
            guard offsets[2].isCompatible(with: size), offsets[3].isCompatible(with: size),
                offsets[1].value.map({ $0 >= 2 && outputChannels % ($0 / 2) == 0 }) ?? true
            else { throw VireoError(.invalidArgument, "offsets of \(inputs[2].shape)") }
        }
        let size = Dimension(groupSize)
        return [
            ValueType(
                inputs[0].elementType, .ranked([regions?[0] ?? .dynamic, Dimension(outputChannels), size, size]))
        ]
    }
}

/// The data at places that a grid gives for every output element, from -1 (one end) to 1 (the other).
/// Inputs: data [N, C, H, W] and the grid [N, H', W', 2] of columns and rows.
public struct GridSample: Operation {
    public enum Mode: String, CaseIterable, Sendable {
        case bilinear
        case bicubic
        case nearest
    }

    /// What lies outside the data.
    public enum Padding: String, CaseIterable, Sendable {
        case zeros
        case border
        case reflection
    }

    public let mode: Mode
    public let padding: Padding
    /// Whether the ends are the centres of the outermost elements rather than their outer edges.
    public let alignsCorners: Bool

    init(_ attributes: AttributeReader, version: Int) throws {
        mode = try attributes.choice("mode", default: .bilinear)
        padding = try attributes.choice("padding_mode", default: .zeros)
        alignsCorners = try attributes.boolean("align_corners", default: false)
    }

    public var type: String { "GridSample" }
    public var version: Int { 9 }
    public var attributes: [Attribute] {
        [
            Attribute("align_corners", .boolean(alignsCorners)), Attribute("mode", .string(mode.rawValue)),
            Attribute("padding_mode", .string(padding.rawValue)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        guard let data = try inputs.dimensions(0, rank: 4...4), let grid = try inputs.dimensions(1, rank: 4...4) else {
            return [ValueType(inputs[0].elementType, .unranked)]
        }
        guard data[0].isCompatible(with: grid[0]), grid[3].isCompatible(with: 2) else {
            throw VireoError(.invalidArgument, "a grid of \(inputs[1].shape) for \(inputs[0].shape)")
        }
        return [ValueType(inputs[0].elementType, .ranked([data[0], data[1], grid[1], grid[2]]))]
    }
}
