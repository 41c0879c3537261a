import VireoTensor

/// Decodes box offsets against prior boxes and keeps the best by non-maximum suppression: the last layer of SSD.
/// Inputs: box offsets [N, P*4*(C|1)], class scores [N, P*C], priors [1|N, 2|1, P*4|P*5], and in a network that refines
/// its priors first the scores [N, P*2] and offsets of that. Output [1, 1, N*kept, 7] with rows image, label,
/// confidence, x1, y1, x2, y2 by image, label and confidence; an image of -1 ends the list.
public struct DetectionOutput: Operation {
    public enum CodeType: String, CaseIterable, Sendable {
        case corner = "caffe.PriorBoxParameter.CORNER"
        case centerSize = "caffe.PriorBoxParameter.CENTER_SIZE"
    }

    public let version: Int
    /// Version 1 only; version 8 takes it from the shapes.
    public let classCount: Int?
    public let backgroundLabel: Int
    public let topK: Int
    public let varianceEncodedInTarget: Bool
    public let keepTopK: [Int]
    public let codeType: CodeType
    public let shareLocation: Bool
    public let nmsThreshold: Double
    public let confidenceThreshold: Double
    public let clipAfterNMS: Bool
    public let clipBeforeNMS: Bool
    public let decreaseLabel: Bool
    public let normalized: Bool
    public let inputHeight: Int
    public let inputWidth: Int
    public let objectnessScore: Double

    init(_ attributes: AttributeReader, version: Int) throws {
        self.version = version
        classCount = version < 8 ? try attributes.integer("num_classes") : nil
        backgroundLabel = try attributes.integer("background_label_id", default: 0)
        topK = try attributes.integer("top_k", default: -1)
        varianceEncodedInTarget = try attributes.boolean("variance_encoded_in_target", default: false)
        keepTopK = try attributes.integers("keep_top_k")
        codeType = try attributes.choice("code_type", default: .corner)
        shareLocation = try attributes.boolean("share_location", default: true)
        nmsThreshold = try attributes.number("nms_threshold")
        confidenceThreshold = try attributes.number("confidence_threshold", default: 0)
        clipAfterNMS = try attributes.boolean("clip_after_nms", default: false)
        clipBeforeNMS = try attributes.boolean("clip_before_nms", default: false)
        decreaseLabel = try attributes.boolean("decrease_label_id", default: false)
        normalized = try attributes.boolean("normalized", default: false)
        inputHeight = try attributes.integer("input_height", default: 1)
        inputWidth = try attributes.integer("input_width", default: 1)
        objectnessScore = try attributes.number("objectness_score", default: 0)
        guard topK >= -1, topK <= 1 << 24 else { throw VireoError(.malformedFile, "top_k of \(topK)") }
        guard !decreaseLabel || backgroundLabel == 0 else {
            throw VireoError(
                .malformedFile, "decrease_label_id with a background_label_id of \(backgroundLabel), which must be 0")
        }
        guard inputHeight > 0, inputWidth > 0 else {
            throw VireoError(.malformedFile, "an image of \(inputHeight) by \(inputWidth)")
        }
        guard let first = keepTopK.first, first >= -1, first <= 1 << 24 else {
            throw VireoError(.malformedFile, "keep_top_k of \(keepTopK)")
        }
        guard (1...1 << 24).contains(classCount ?? 1) else {
            throw VireoError(.malformedFile, "num_classes of \(classCount ?? 0)")
        }
    }

    public var type: String { "DetectionOutput" }
    public var attributes: [Attribute] {
        (classCount.map { [Attribute("num_classes", .integer($0))] } ?? []) + [
            Attribute("background_label_id", .integer(backgroundLabel)), Attribute("top_k", .integer(topK)),
            Attribute("variance_encoded_in_target", .boolean(varianceEncodedInTarget)),
            Attribute("keep_top_k", .integers(keepTopK)), Attribute("code_type", .string(codeType.rawValue)),
            Attribute("share_location", .boolean(shareLocation)), Attribute("nms_threshold", .number(nmsThreshold)),
            Attribute("confidence_threshold", .number(confidenceThreshold)),
            Attribute("clip_after_nms", .boolean(clipAfterNMS)), Attribute("clip_before_nms", .boolean(clipBeforeNMS)),
            Attribute("decrease_label_id", .boolean(decreaseLabel)), Attribute("normalized", .boolean(normalized)),
            Attribute("input_height", .integer(inputHeight)), Attribute("input_width", .integer(inputWidth)),
            Attribute("objectness_score", .number(objectnessScore)),
        ]
    }

    /// The numbers in one prior: four coordinates, behind the number of its image when they are not normalized.
    public var priorSize: Int { normalized ? 4 : 5 }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3...5)
        guard inputs.count != 4 else { throw VireoError(.invalidArgument, "needs 3 or 5 inputs and has 4") }
        let elementType = inputs[0].elementType
        let offsets = try inputs.dimensions(0, rank: 2...2)
        let scores = try inputs.dimensions(1, rank: 2...2)
        let priors = try inputs.dimensions(2, rank: 3...3)
        guard let images = (offsets ?? scores)?[0].value, let length = priors?[2].value else {
            return [ValueType(elementType, .ranked([1, 1, .dynamic, 7]))]
        }
        guard images <= 1 << 16, length >= priorSize, length % priorSize == 0 else {
            throw VireoError(.invalidArgument, "\(images) images with priors of \(inputs[2])")
        }
        let count = length / priorSize
        let classes = classCount ?? scores?[1].value.map { $0 / count }
        if let classes {
            let places = shareLocation ? 1 : classes
            try require(inputs, 0, [images, product(count, 4, places)])
            try require(inputs, 1, [images, product(count, classes)])
            if inputs.count == 5 {
                try require(inputs, 3, [images, product(count, 2)])
                try require(inputs, 4, [images, product(count, 4, places)])
            }
        }
        let priorImages = priors?[0].value ?? 1
        guard priorImages == 1 || priorImages == images else {
            throw VireoError(.invalidArgument, "the priors of \(priorImages) images for \(images) images")
        }
        try require(inputs, 2, [priorImages, varianceEncodedInTarget ? 1 : 2, length])
        let rows: Dimension
        if keepTopK[0] > 0 {
            rows = Dimension(images * keepTopK[0])
        } else if let classes {
            rows = Dimension(try product(images, classes, topK > 0 ? topK : count))
        } else {
            rows = .dynamic
        }
        return [ValueType(elementType, .ranked([1, 1, rows, 7]))]
    }

    private func require(_ inputs: InferenceInputs, _ index: Int, _ extents: [Int]) throws {
        let needed = PartialShape.ranked(extents.map { Dimension($0) })
        guard inputs[index].shape.isCompatible(with: needed) else {
            throw VireoError(
                .invalidArgument, "input \(index) has shape \(inputs[index].shape), and \(needed) is needed")
        }
    }

    private func product(_ factors: Int...) throws -> Int {
        var result = 1
        for factor in factors {
            let (next, overflow) = result.multipliedReportingOverflow(by: factor)
            guard !overflow else { throw VireoError(.invalidArgument, "\(factors) boxes are too many") }
            result = next
        }
        return result
    }
}
