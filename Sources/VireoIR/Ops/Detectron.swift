import VireoTensor

/// Anchors moved to every cell of a feature map. Inputs: anchors [A, 4] around the origin, features [1, C, H, W] and
/// the image [1, C, H, W], of which only the shapes count. Output [H*W*A, 4] or [H, W, A, 4]; zeros follow a smaller
/// grid.
public struct DetectronPriorGrid: Operation {
    public let flatten: Bool
    /// The cells along each axis; 0: as the features have.
    public let height: Int
    public let width: Int
    /// Pixels from cell to cell; 0: what divides the image evenly.
    public let strideX: Double
    public let strideY: Double

    init(_ attributes: AttributeReader, version: Int) throws {
        flatten = try attributes.boolean("flatten", default: true)
        height = try attributes.integer("h", default: 0)
        width = try attributes.integer("w", default: 0)
        strideX = try attributes.number("stride_x", default: 0)
        strideY = try attributes.number("stride_y", default: 0)
        guard (0...1 << 20).contains(height), (0...1 << 20).contains(width), strideX.isFinite, strideY.isFinite else {
            throw VireoError(
                .malformedFile, "a grid of \(height) by \(width) cells at distances of \(strideX) and \(strideY)")
        }
    }

    public var type: String { "ExperimentalDetectronPriorGridGenerator" }
    public var version: Int { 6 }
    public var attributes: [Attribute] {
        [
            Attribute("flatten", .boolean(flatten)), Attribute("h", .integer(height)), Attribute("w", .integer(width)),
            Attribute("stride_x", .number(strideX)), Attribute("stride_y", .number(strideY)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3)
        let anchors = try inputs.requireBoxes(0)
        let features = try inputs.dimensions(1, rank: 4...4)
        _ = try inputs.dimensions(2, rank: 4...4)
        let grid = [features?[2] ?? .dynamic, features?[3] ?? .dynamic, anchors]
        guard height <= grid[0].upper ?? height, width <= grid[1].upper ?? width else {
            throw VireoError(.invalidArgument, "a grid of \(height) by \(width) cells for features \(inputs[1])")
        }
        guard flatten else { return [ValueType(inputs[0].elementType, .ranked(grid + [4]))] }
        return [ValueType(inputs[0].elementType, .ranked([try grid.product(), 4]))]
    }
}

/// The regions with the highest scores, best first; rows of zeros when there are fewer. Inputs: regions [R, 4], scores
/// [R].
public struct DetectronTopRegions: Operation {
    public let limit: Int

    init(_ attributes: AttributeReader, version: Int) throws {
        limit = try attributes.integer("max_rois")
        guard (0...1 << 24).contains(limit) else { throw VireoError(.malformedFile, "max_rois of \(limit)") }
    }

    public var type: String { "ExperimentalDetectronTopKROIs" }
    public var version: Int { 6 }
    public var attributes: [Attribute] { [Attribute("max_rois", .integer(limit))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        let elementType = try inputs.requireSameElementType(0, 1)
        let regions = try inputs.requireBoxes(0)
        if let scores = try inputs.dimensions(1, rank: 1...1), !scores[0].isCompatible(with: regions) {
            throw VireoError(.invalidArgument, "\(scores[0]) scores of \(regions) regions")
        }
        return [ValueType(elementType, .ranked([Dimension(limit), 4]))]
    }
}

/// A pool over regions as ROIAlign's, each from the level of a feature pyramid that fits its size; a region without an
/// area gives zeros. Inputs: regions [R, 4] and the levels [1, C, H, W], the finest first. Outputs: features [R, C,
/// size, size] and the regions. Lin et al., https://arxiv.org/abs/1612.03144.
public struct DetectronRegionFeatures: Operation {
    public let size: Int
    /// The samples along each side of a cell; 0: as many as the cell has pixels.
    public let samplingRatio: Int
    /// Pixels of the image for each of a level's.
    public let scales: [Int]
    /// Whether pixels have their centres at halves.
    public let isAligned: Bool

    init(_ attributes: AttributeReader, version: Int) throws {
        size = try attributes.integer("output_size")
        samplingRatio = try attributes.integer("sampling_ratio")
        scales = try attributes.integers("pyramid_scales")
        isAligned = try attributes.boolean("aligned", default: false)
        guard (1...1 << 10).contains(size), (0...1 << 10).contains(samplingRatio),
            scales.allSatisfy((1...1 << 24).contains)
        else {
            throw VireoError(
                .malformedFile, "\(size) cells of \(samplingRatio) samples from levels at scales \(scales)")
        }
    }

    public var type: String { "ExperimentalDetectronROIFeatureExtractor" }
    public var version: Int { 6 }
    public var attributes: [Attribute] {
        [
            Attribute("output_size", .integer(size)), Attribute("sampling_ratio", .integer(samplingRatio)),
            Attribute("pyramid_scales", .integers(scales)), Attribute("aligned", .boolean(isAligned)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        guard inputs.count >= 2, inputs.count == scales.count + 1 else {
            throw VireoError(.invalidArgument, "\(inputs.count - 1) levels for \(scales.count) scales")
        }
        let regions = try inputs.requireBoxes(0)
        var channels = Dimension.dynamic
        for index in 1..<inputs.count {
            guard let level = try inputs.dimensions(index, rank: 4...4) else { continue }
            guard level[0].isCompatible(with: 1), level[1].isCompatible(with: channels) else {
                throw VireoError(
                    .invalidArgument, "level \(index - 1) is \(inputs[index]), beside others of \(channels) channels")
            }
            if channels.isDynamic { channels = level[1] }
        }
        let elementType = inputs[0].elementType
        return [
            ValueType(elementType, .ranked([regions, channels, Dimension(size), Dimension(size)])),
            ValueType(elementType, .ranked([regions, 4])),
        ]
    }
}

/// The boxes of every class but the first, moved by offsets of their own, and of each class those that no better one
/// hides. Inputs: regions [R, 4], offsets [R, 4*C], scores [R, C], the image's height, width and scale [1, 3]. Outputs:
/// boxes [D, 4], classes [D] and scores [D], by class and score, or by score when there were more; rows of zeros end
/// the list.
public struct DetectronDetectionOutput: Operation {
    public let scoreThreshold: Double
    public let overlapThreshold: Double
    public let classCount: Int
    /// The most boxes of one class; negative: all.
    public let classLimit: Int
    public let imageLimit: Int
    public let isClassAgnostic: Bool
    /// What the logarithms of the sizes' growth are limited to.
    public let largestGrowth: Double
    /// What each of an offset's four numbers is divided by.
    public let weights: [Double]

    init(_ attributes: AttributeReader, version: Int) throws {
        scoreThreshold = try attributes.number("score_threshold")
        overlapThreshold = try attributes.number("nms_threshold")
        classCount = try attributes.integer("num_classes")
        classLimit = try attributes.integer("post_nms_count")
        imageLimit = try attributes.integer("max_detections_per_image")
        isClassAgnostic = try attributes.boolean("class_agnostic_box_regression", default: false)
        largestGrowth = try attributes.number("max_delta_log_wh")
        weights = try attributes.numbers("deltas_weights")
        guard (1...1 << 20).contains(classCount), (1...1 << 24).contains(imageLimit), weights.count == 4 else {
            throw VireoError(
                .malformedFile, "\(imageLimit) boxes of \(classCount) classes with \(weights.count) weights, not 4")
        }
    }

    public var type: String { "ExperimentalDetectronDetectionOutput" }
    public var version: Int { 6 }
    public var attributes: [Attribute] {
        [
            Attribute("score_threshold", .number(scoreThreshold)),
            Attribute("nms_threshold", .number(overlapThreshold)),
            Attribute("num_classes", .integer(classCount)), Attribute("post_nms_count", .integer(classLimit)),
            Attribute("max_detections_per_image", .integer(imageLimit)),
            Attribute("class_agnostic_box_regression", .boolean(isClassAgnostic)),
            Attribute("max_delta_log_wh", .number(largestGrowth)), Attribute("deltas_weights", .numbers(weights)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(4)
        let elementType = inputs[0].elementType
        let regions = try inputs.requireBoxes(0)
        try inputs.require(1, [regions, Dimension(4 * classCount)])
        try inputs.require(2, [regions, Dimension(classCount)])
        _ = try inputs.dimensions(3, rank: 2...2)
        let limit = Dimension(imageLimit)
        return [
            ValueType(elementType, .ranked([limit, 4])), ValueType(.i32, .ranked([limit])),
            ValueType(elementType, .ranked([limit])),
        ]
    }
}

extension InferenceInputs {
    /// The number of rows of an input [R, 4].
    fileprivate func requireBoxes(_ index: Int) throws(VireoError) -> Dimension {
        guard let boxes = try dimensions(index, rank: 2...2) else { return .dynamic }
        guard boxes[1].isCompatible(with: 4) else {
            throw VireoError(.invalidArgument, "boxes of \(boxes[1]) numbers, where 4 are needed")
        }
        return boxes[0]
    }

    /// - Throws: `invalidArgument` unless input `index` can have these dimensions.
    func require(_ index: Int, _ dimensions: [Dimension]) throws(VireoError) {
        let needed = PartialShape.ranked(dimensions)
        guard types[index].shape.isCompatible(with: needed) else {
            throw VireoError(
                .invalidArgument, "input \(index) has shape \(types[index].shape), and \(needed) is needed")
        }
    }
}

extension [Dimension] {
    /// The product when all are known.
    func product() throws(VireoError) -> Dimension {
        var extents: [Int] = []
        for dimension in self {
            guard let value = dimension.value else { return .dynamic }
            extents.append(value)
        }
        return Dimension(try Shape(validating: extents).elementCount)
    }
}
