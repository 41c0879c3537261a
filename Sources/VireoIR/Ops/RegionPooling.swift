import VireoTensor

/// A pool over regions of a feature map that are as large as the regions of an image ask for. Inputs: features [N, C,
/// H, W] and regions [R, 5] as image, x1, y1, x2, y2. Girshick, https://arxiv.org/abs/1504.08083.
public struct ROIPooling: Operation {
    public enum Method: String, CaseIterable, Sendable {
        /// The largest element of each cell; regions are in pixels.
        case max
        /// The value at one point of each cell; regions are parts of the image.
        case bilinear
    }

    public let height: Int
    public let width: Int
    public let spatialScale: Double
    public let method: Method

    init(_ attributes: AttributeReader, version: Int) throws {
        (height, width) = try pooledSize(attributes)
        spatialScale = try positiveScale(attributes)
        method = try attributes.choice("method", default: .max)
    }

    public var type: String { "ROIPooling" }
    public var version: Int { 2 }
    public var attributes: [Attribute] {
        [
            Attribute("pooled_h", .integer(height)), Attribute("pooled_w", .integer(width)),
            Attribute("spatial_scale", .number(spatialScale)), Attribute("method", .string(method.rawValue)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        let elementType = try inputs.requireSameElementType(0, 1)
        let features = try inputs.dimensions(0, rank: 4...4)
        let regions = try requireRegions(inputs, size: 5)
        return [
            ValueType(
                elementType, .ranked([regions, features?[1] ?? .dynamic, Dimension(height), Dimension(width)]))
        ]
    }
}

/// A pool over regions in which every cell of the result has channels of its own.
/// Inputs: as `ROIPooling`. Dai et al., https://arxiv.org/abs/1605.06409.
public struct PSROIPooling: Operation {
    public enum Mode: String, CaseIterable, Sendable {
        /// The mean of each cell; regions are in pixels.
        case average
        /// The mean of the values at one point of each of the cell's bins; regions are parts of the image.
        case bilinear
    }

    public let outputChannels: Int
    public let groupSize: Int
    public let spatialScale: Double
    public let mode: Mode
    public let binsX: Int
    public let binsY: Int

    init(_ attributes: AttributeReader, version: Int) throws {
        outputChannels = try attributes.integer("output_dim")
        groupSize = try attributes.integer("group_size", default: 1)
        spatialScale = try positiveScale(attributes)
        mode = try attributes.choice("mode", default: .average)
        binsX = try attributes.integer("spatial_bins_x", default: 1)
        binsY = try attributes.integer("spatial_bins_y", default: 1)
        guard (1...1 << 20).contains(outputChannels), [groupSize, binsX, binsY].allSatisfy((1...1 << 10).contains)
        else {
            throw VireoError(
                .malformedFile,
                "\(outputChannels) channels in groups of \(groupSize) with \(binsX) by \(binsY) bins")
        }
    }

    public var type: String { "PSROIPooling" }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        [
            Attribute("output_dim", .integer(outputChannels)), Attribute("group_size", .integer(groupSize)),
            Attribute("spatial_scale", .number(spatialScale)), Attribute("mode", .string(mode.rawValue)),
            Attribute("spatial_bins_x", .integer(binsX)), Attribute("spatial_bins_y", .integer(binsY)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        let elementType = try inputs.requireSameElementType(0, 1)
        let regions = try requireRegions(inputs, size: 5)
        let channels = outputChannels * (mode == .average ? groupSize * groupSize : binsX * binsY)
        if let features = try inputs.dimensions(0, rank: 4...4), !features[1].isCompatible(with: Dimension(channels)) {
            throw VireoError(.invalidArgument, "\(features[1]) channels, and \(channels) are needed")
        }
        let size = Dimension(groupSize)
        return [ValueType(elementType, .ranked([regions, Dimension(outputChannels), size, size]))]
    }
}

/// A pool over regions whose corners fall between pixels: interpolated samples on a grid inside each cell.
/// Inputs: features [N, C, H, W], regions [R, 4] as x1, y1, x2, y2 and their images [R].
/// He et al., https://arxiv.org/abs/1703.06870.
public struct ROIAlign: Operation {
    public enum Mode: String, CaseIterable, Sendable {
        case avg
        case max
    }

    /// How coordinates of the image become coordinates of the features. Version 9 has the attribute.
    public enum Alignment: String, CaseIterable, Sendable {
        /// x * scale, and no region is smaller than a pixel.
        case asymmetric
        /// x * scale - 0.5
        case halfPixelForNN = "half_pixel_for_nn"
        /// (x + 0.5) * scale - 0.5
        case halfPixel = "half_pixel"
    }

    public let version: Int
    public let height: Int
    public let width: Int
    /// The samples along each side of a cell; 0: as many as the cell has pixels.
    public let samplingRatio: Int
    public let spatialScale: Double
    public let mode: Mode
    public let alignment: Alignment

    init(_ attributes: AttributeReader, version: Int) throws {
        self.version = version
        (height, width) = try pooledSize(attributes)
        samplingRatio = try attributes.integer("sampling_ratio")
        spatialScale = try positiveScale(attributes)
        mode = try attributes.choice("mode")
        alignment = version >= 9 ? try attributes.choice("aligned_mode", default: .asymmetric) : .asymmetric
        guard (0...1 << 10).contains(samplingRatio) else {
            throw VireoError(.malformedFile, "\(samplingRatio) samples along the side of a cell")
        }
    }

    public var type: String { "ROIAlign" }
    public var attributes: [Attribute] {
        [
            Attribute("pooled_h", .integer(height)), Attribute("pooled_w", .integer(width)),
            Attribute("sampling_ratio", .integer(samplingRatio)), Attribute("spatial_scale", .number(spatialScale)),
            Attribute("mode", .string(mode.rawValue)),
        ] + (version < 9 ? [] : [Attribute("aligned_mode", .string(alignment.rawValue))])
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3)
        let elementType = try inputs.requireSameElementType(0, 1)
        let features = try inputs.dimensions(0, rank: 4...4)
        let regions = try requireRegions(inputs, size: 4)
        if let images = try inputs.dimensions(2, rank: 1...1), !images[0].isCompatible(with: regions) {
            throw VireoError(.invalidArgument, "the images of \(images[0]) regions for \(regions) regions")
        }
        return [
            ValueType(
                elementType, .ranked([regions, features?[1] ?? .dynamic, Dimension(height), Dimension(width)]))
        ]
    }
}

private func pooledSize(_ attributes: AttributeReader) throws -> (height: Int, width: Int) {
    let size = (try attributes.integer("pooled_h"), try attributes.integer("pooled_w"))
    guard (1...1 << 16).contains(size.0), (1...1 << 16).contains(size.1) else {
        throw VireoError(.malformedFile, "regions of \(size.0) by \(size.1) cells")
    }
    return size
}

private func positiveScale(_ attributes: AttributeReader) throws -> Double {
    let scale = try attributes.number("spatial_scale")
    guard scale > 0, scale.isFinite else { throw VireoError(.malformedFile, "a spatial_scale of \(scale)") }
    return scale
}

/// The number of regions in input 1.
private func requireRegions(_ inputs: InferenceInputs, size: Int) throws -> Dimension {
    guard let regions = try inputs.dimensions(1, rank: 2...2) else { return .dynamic }
    guard regions[1].isCompatible(with: Dimension(size)) else {
        throw VireoError(.invalidArgument, "regions of \(regions[1]) numbers, where \(size) are needed")
    }
    return regions[0]
}
