import VireoTensor

/// The boxes of every image and class that no better box hides, with labels and corners in one table, or (MatrixNms)
/// with scores lowered by what overlaps. Wang et al., https://arxiv.org/abs/2003.10152, for the matrix form. Inputs:
/// boxes [N, B, 4], scores [N, C, B]; version 9 of MulticlassNms also takes boxes [C, M, 4], scores [C, M] and the
/// number of regions of each image. Outputs: rows of label, score and corners [kept, 6], their boxes [kept, 1], and how
/// many each image has.
public struct ClassSuppression: Operation {
    public enum Kind: String, CaseIterable, Sendable {
        case multiclass = "MulticlassNms"
        case matrix = "MatrixNms"
    }

    public enum Sorting: String, CaseIterable, Sendable {
        case label = "classid"
        case score
        case none
    }

    public enum Decay: String, CaseIterable, Sendable {
        case gaussian
        case linear
    }

    public let kind: Kind
    public let version: Int
    public let sorting: Sorting
    public let sortsAcrossBatch: Bool
    public let outputType: ElementType
    public let scoreThreshold: Double
    /// The most candidates of a class and the most results of an image; negative: all.
    public let classLimit: Int
    public let imageLimit: Int
    public let background: Int
    /// Whether coordinates run from 0 to 1; pixels count from edge to edge otherwise.
    public let isNormalized: Bool
    // Of MulticlassNms.
    public let overlapThreshold: Double
    public let eta: Double
    // Of MatrixNms.
    public let decay: Decay
    public let sigma: Double
    public let postThreshold: Double

    init(_ kind: Kind, _ attributes: AttributeReader, version: Int) throws {
        self.kind = kind
        self.version = version
        sorting = try attributes.choice("sort_result_type", default: Sorting.none)
        sortsAcrossBatch = try attributes.boolean("sort_result_across_batch", default: false)
        outputType = try attributes.elementType("output_type", default: .i64)
        scoreThreshold = try attributes.number("score_threshold", default: 0)
        classLimit = try attributes.integer("nms_top_k", default: -1)
        imageLimit = try attributes.integer("keep_top_k", default: -1)
        background = try attributes.integer("background_class", default: -1)
        isNormalized = try attributes.boolean("normalized", default: true)
        overlapThreshold = try attributes.number("iou_threshold", default: 0)
        eta = try attributes.number("nms_eta", default: 1)
        decay = try attributes.choice("decay_function", default: .linear)
        sigma = try attributes.number("gaussian_sigma", default: 2)
        postThreshold = try attributes.number("post_threshold", default: 0)
        guard [.i32, .i64].contains(outputType), (0...1).contains(eta) else {
            throw VireoError(.malformedFile, "an output_type of \(outputType) and an nms_eta of \(eta)")
        }
    }

    public var type: String { kind.rawValue }
    public var attributes: [Attribute] {
        let common = [
            Attribute("sort_result_type", .string(sorting.rawValue)),
            Attribute("sort_result_across_batch", .boolean(sortsAcrossBatch)),
            Attribute("output_type", .elementType(outputType)), Attribute("score_threshold", .number(scoreThreshold)),
            Attribute("nms_top_k", .integer(classLimit)), Attribute("keep_top_k", .integer(imageLimit)),
            Attribute("background_class", .integer(background)), Attribute("normalized", .boolean(isNormalized)),
        ]
        switch kind {
        case .multiclass:
            return common + [Attribute("iou_threshold", .number(overlapThreshold)), Attribute("nms_eta", .number(eta))]
        case .matrix:
            return common + [
                Attribute("decay_function", .string(decay.rawValue)), Attribute("gaussian_sigma", .number(sigma)),
                Attribute("post_threshold", .number(postThreshold)),
            ]
        }
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        let isFlat = kind == .multiclass && version >= 9 && inputs.count == 3
        try inputs.require(isFlat ? 3 : 2)
        let elementType = try inputs.requireSameElementType(0, 1)
        let boxes = try inputs.dimensions(0, rank: 3...3)
        let scores = try inputs.dimensions(1, rank: isFlat ? 2...2 : 3...3)
        if let boxes, let scores {
            let fits =
                isFlat
                ? boxes[0].isCompatible(with: scores[0]) && boxes[1].isCompatible(with: scores[1])
                : boxes[0].isCompatible(with: scores[0]) && boxes[1].isCompatible(with: scores[2])
            guard fits, boxes[2].isCompatible(with: 4) else {
                throw VireoError(.invalidArgument, "boxes \(inputs[0].shape) with scores \(inputs[1].shape)")
            }
        }
        let images = isFlat ? try inputs.dimensions(2, rank: 1...1)?[0] : boxes?[0]
        return [
            ValueType(elementType, .ranked([.dynamic, 6])), ValueType(outputType, .ranked([.dynamic, 1])),
            ValueType(outputType, .ranked([images ?? .dynamic])),
        ]
    }
}
