import VireoTensor

/// Regions that may hold an object: anchors moved by predicted offsets, and the best of them by non-maximum
/// suppression.
///
/// - GenerateProposals. Inputs: height, width and scale of each image [N, 3|4], anchors [H, W, A, 4], offsets
///   [N, A*4, H, W], scores [N, A, H, W]. Outputs: regions [kept, 4], scores [kept] and how many each image has [N].
/// - ExperimentalDetectronGenerateProposalsSingleImage. The same of one image, [3], [H*W*A, 4], [A*4, H, W] and [A, H,
///   W], with a fixed number of regions, of which the last are zeros, and their scores.
///
/// Ren et al., https://arxiv.org/abs/1506.01497.
public struct RegionProposals: Operation {
    public let isSingleImage: Bool
    /// Smaller regions are left out: pixels of the image.
    public let minSize: Double
    public let overlapThreshold: Double
    public let candidates: Int
    public let kept: Int
    // Of GenerateProposals.
    /// Whether a region ends before its last coordinate; pixels count from edge to edge otherwise.
    public let isNormalized: Bool
    public let eta: Double
    public let countType: ElementType

    init(_ attributes: AttributeReader, isSingleImage: Bool) throws {
        self.isSingleImage = isSingleImage
        minSize = try attributes.number("min_size")
        overlapThreshold = try attributes.number("nms_threshold")
        candidates = try attributes.integer("pre_nms_count")
        kept = try attributes.integer("post_nms_count")
        isNormalized = isSingleImage ? true : try attributes.boolean("normalized", default: true)
        eta = isSingleImage ? 1 : try attributes.number("nms_eta", default: 1)
        countType = isSingleImage ? .i64 : try attributes.elementType("roi_num_type", default: .i64)
        guard (1...1 << 24).contains(candidates), (1...1 << 24).contains(kept), minSize.isFinite else {
            throw VireoError(.malformedFile, "\(kept) of \(candidates) regions of \(minSize) or larger")
        }
        guard eta == 1, [.i32, .i64].contains(countType) else {
            throw VireoError(
                .malformedFile, "an nms_eta of \(eta), which must be 1, and a roi_num_type of \(countType)")
        }
    }

    public var type: String {
        isSingleImage ? "ExperimentalDetectronGenerateProposalsSingleImage" : "GenerateProposals"
    }
    public var version: Int { isSingleImage ? 6 : 9 }
    public var attributes: [Attribute] {
        let common = [
            Attribute("min_size", .number(minSize)), Attribute("nms_threshold", .number(overlapThreshold)),
            Attribute("pre_nms_count", .integer(candidates)), Attribute("post_nms_count", .integer(kept)),
        ]
        if isSingleImage { return common }
        return common + [
            Attribute("normalized", .boolean(isNormalized)), Attribute("nms_eta", .number(eta)),
            Attribute("roi_num_type", .elementType(countType)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(4)
        let elementType = inputs[0].elementType
        return isSingleImage
            ? try singleImageOutputs(inputs, elementType) : try batchOutputs(inputs, elementType)
    }

    private func singleImageOutputs(_ inputs: InferenceInputs, _ elementType: ElementType) throws -> [ValueType] {
        try inputs.require(0, [3])
        if let scores = try inputs.dimensions(3, rank: 3...3) {
            try inputs.require(1, [try scores.product(), 4])
            try inputs.require(2, [try [scores[0], 4].product(), scores[1], scores[2]])
        }
        let rows = Dimension(kept)
        return [ValueType(elementType, .ranked([rows, 4])), ValueType(elementType, .ranked([rows]))]
    }

    private func batchOutputs(_ inputs: InferenceInputs, _ elementType: ElementType) throws -> [ValueType] {
        let images = try inputs.dimensions(0, rank: 2...2)
        if let count = images?[1].value, count != 3, count != 4 {
            throw VireoError(.invalidArgument, "\(count) numbers about an image, where 3 or 4 are needed")
        }
        if let scores = try inputs.dimensions(3, rank: 4...4) {
            guard images?[0].isCompatible(with: scores[0]) ?? true else {
                throw VireoError(.invalidArgument, "\(inputs[0]) about images with scores \(inputs[3])")
            }
            try inputs.require(1, [scores[2], scores[3], scores[1], 4])
            try inputs.require(2, [scores[0], try [scores[1], 4].product(), scores[2], scores[3]])
        }
        return [
            ValueType(elementType, .ranked([.dynamic, 4])), ValueType(elementType, .ranked([.dynamic])),
            ValueType(countType, .ranked([images?[0] ?? .dynamic])),
        ]
    }
}
