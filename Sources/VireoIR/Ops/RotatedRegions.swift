import VireoTensor

/// ROIAlign over rotated regions. Inputs: features [N, C, H, W], regions [R, 5] as centre, width, height and angle in
/// radians, and their images [R]. Ding et al., https://arxiv.org/abs/1812.00155.
public struct RotatedRegionAlignment: Operation {
    public let height: Int
    public let width: Int
    /// The samples along each side of a cell; 0: as many as the cell has pixels.
    public let samplingRatio: Int
    public let spatialScale: Double
    /// Whether angles run clockwise, where y points down.
    public let isClockwise: Bool

    init(_ attributes: AttributeReader, version: Int) throws {
        height = try attributes.integer("pooled_h")
        width = try attributes.integer("pooled_w")
        samplingRatio = try attributes.integer("sampling_ratio")
        spatialScale = try attributes.number("spatial_scale")
        isClockwise = try attributes.boolean("clockwise_mode")
        guard (1...1 << 16).contains(height), (1...1 << 16).contains(width), (0...1 << 10).contains(samplingRatio),
            spatialScale > 0, spatialScale.isFinite
        else {
            throw VireoError(
                .malformedFile,
                "regions of \(height) by \(width) cells of \(samplingRatio) samples at a scale of \(spatialScale)")
        }
    }

    public var type: String { "ROIAlignRotated" }
    public var version: Int { 15 }
    public var attributes: [Attribute] {
        [
            Attribute("pooled_h", .integer(height)), Attribute("pooled_w", .integer(width)),
            Attribute("sampling_ratio", .integer(samplingRatio)), Attribute("spatial_scale", .number(spatialScale)),
            Attribute("clockwise_mode", .boolean(isClockwise)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3)
        let elementType = try inputs.requireSameElementType(0, 1)
        let features = try inputs.dimensions(0, rank: 4...4)
        let regions = try inputs.dimensions(1, rank: 2...2)
        let images = try inputs.dimensions(2, rank: 1...1)
        let count = regions?[0] ?? images?[0] ?? .dynamic
        guard regions?[1].isCompatible(with: 5) ?? true, images?[0].isCompatible(with: count) ?? true else {
            throw VireoError(.invalidArgument, "regions \(inputs[1].shape) of the images \(inputs[2].shape)")
        }
        return [
            ValueType(elementType, .ranked([count, features?[1] ?? .dynamic, Dimension(height), Dimension(width)]))
        ]
    }
}

/// NonMaxSuppression of rotated boxes. Inputs: boxes [N, B, 5] as centre, width, height and angle in radians, scores
/// [N, C, B], the most boxes of a class, the overlap, and the score above which boxes count. Outputs as
/// NonMaxSuppression's.
public struct RotatedSuppression: Operation {
    /// Whether boxes are sorted by score across images and classes.
    public let sortsResults: Bool
    public let outputType: ElementType
    /// Whether angles run clockwise, where y points down.
    public let isClockwise: Bool

    init(_ attributes: AttributeReader, version: Int) throws {
        sortsResults = try attributes.boolean("sort_result_descending", default: true)
        outputType = try attributes.elementType("output_type", default: .i64)
        isClockwise = try attributes.boolean("clockwise", default: true)
        guard outputType == .i64 || outputType == .i32 else {
            throw VireoError(.malformedFile, "an output_type of \(outputType)")
        }
    }

    public var type: String { "NMSRotated" }
    public var version: Int { 13 }
    public var attributes: [Attribute] {
        [
            Attribute("sort_result_descending", .boolean(sortsResults)),
            Attribute("output_type", .elementType(outputType)), Attribute("clockwise", .boolean(isClockwise)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(5)
        let elementType = try inputs.requireSameElementType(0, 1)
        let boxes = try inputs.dimensions(0, rank: 3...3)
        let scores = try inputs.dimensions(1, rank: 3...3)
        if let boxes, let scores {
            guard boxes[0].isCompatible(with: scores[0]), boxes[1].isCompatible(with: scores[2]),
                boxes[2].isCompatible(with: 5)
            else {
                throw VireoError(.invalidArgument, "boxes \(inputs[0].shape) with scores \(inputs[1].shape)")
            }
        }
        for index in 2..<5 {
            if let shape = inputs[index].shape.shape, shape.elementCount != 1 {
                throw VireoError(.invalidArgument, "input \(index) is one number, and its shape is \(shape)")
            }
        }
        let rows = PartialShape.ranked([.dynamic, 3])
        return [
            ValueType(outputType, rows), ValueType(elementType, rows), ValueType(outputType, .ranked([1])),
        ]
    }
}
