import VireoTensor

/// Regions that may hold an object: anchors moved by predicted offsets, and the best of them by non-maximum
/// suppression. Inputs: class scores [N, 2*A, H, W], offsets [N, 4*A, H, W] and the image's height, width and scale
/// (one or two). Outputs: regions [N*kept, 5] as image, x1, y1, x2, y2, of which an image of -1 ends a list; version 4
/// also scores [N*kept]. Ren et al., https://arxiv.org/abs/1506.01497.
public struct Proposal: Operation {
    public let version: Int
    public let baseSize: Int
    public let candidates: Int
    public let kept: Int
    public let nmsThreshold: Double
    public let featureStride: Int
    public let minSize: Int
    public let ratios: [Double]
    public let scales: [Double]
    public let clipBeforeNMS: Bool
    public let clipAfterNMS: Bool
    public let normalize: Bool
    public let boxSizeScale: Double
    public let boxCoordinateScale: Double
    /// "tensorflow", or empty for Caffe's conventions.
    public let framework: String

    init(_ attributes: AttributeReader, version: Int) throws {
        self.version = version
        baseSize = try attributes.integer("base_size")
        candidates = try attributes.integer("pre_nms_topn")
        kept = try attributes.integer("post_nms_topn")
        nmsThreshold = try attributes.number("nms_thresh")
        featureStride = try attributes.integer("feat_stride")
        minSize = try attributes.integer("min_size")
        ratios = try attributes.numbers("ratio")
        scales = try attributes.numbers("scale")
        clipBeforeNMS = try attributes.boolean("clip_before_nms", default: true)
        clipAfterNMS = try attributes.boolean("clip_after_nms", default: false)
        normalize = try attributes.boolean("normalize", default: false)
        boxSizeScale = try attributes.number("box_size_scale", default: 1)
        boxCoordinateScale = try attributes.number("box_coordinate_scale", default: 1)
        framework = try attributes.string("framework", default: "")
        guard (1...1 << 20).contains(baseSize), (1...1 << 24).contains(candidates), (1...1 << 24).contains(kept),
            (1...1 << 20).contains(featureStride), (0...1 << 20).contains(minSize)
        else {
            throw VireoError(
                .malformedFile,
                "anchors of \(baseSize) every \(featureStride) pixels, \(kept) of \(candidates) kept, \(minSize) or larger"
            )
        }
        guard !ratios.isEmpty, !scales.isEmpty, ratios.count <= 1 << 10, scales.count <= 1 << 10,
            (ratios + scales).allSatisfy({ $0 > 0 && $0.isFinite })
        else { throw VireoError(.malformedFile, "ratios \(ratios) and scales \(scales)") }
    }

    /// The anchors of each cell.
    public var anchorCount: Int { ratios.count * scales.count }
    public var isTensorFlow: Bool { framework.lowercased() == "tensorflow" }

    public var type: String { "Proposal" }
    public var attributes: [Attribute] {
        [
            Attribute("base_size", .integer(baseSize)), Attribute("pre_nms_topn", .integer(candidates)),
            Attribute("post_nms_topn", .integer(kept)), Attribute("nms_thresh", .number(nmsThreshold)),
            Attribute("feat_stride", .integer(featureStride)), Attribute("min_size", .integer(minSize)),
            Attribute("ratio", .numbers(ratios)), Attribute("scale", .numbers(scales)),
            Attribute("clip_before_nms", .boolean(clipBeforeNMS)), Attribute("clip_after_nms", .boolean(clipAfterNMS)),
            Attribute("normalize", .boolean(normalize)), Attribute("box_size_scale", .number(boxSizeScale)),
            Attribute("box_coordinate_scale", .number(boxCoordinateScale)), Attribute("framework", .string(framework)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3)
        let elementType = try inputs.requireSameElementType(0, 1)
        let scores = try inputs.dimensions(0, rank: 4...4)
        let offsets = try inputs.dimensions(1, rank: 4...4)
        if let scores, let offsets {
            let channels = [Dimension(2 * anchorCount), Dimension(4 * anchorCount)]
            guard scores[1].isCompatible(with: channels[0]), offsets[1].isCompatible(with: channels[1]),
                [0, 2, 3].allSatisfy({ scores[$0].isCompatible(with: offsets[$0]) })
            else {
                throw VireoError(
                    .invalidArgument,
                    "scores \(inputs[0].shape) and offsets \(inputs[1].shape) for \(anchorCount) anchors")
            }
        }
        if let count = try inputs.dimensions(2, rank: 1...2)?.last?.value, count != 3, count != 4 {
            throw VireoError(.invalidArgument, "\(count) numbers about the image, where 3 or 4 are needed")
        }
        var rows = Dimension.dynamic
        if let images = (scores ?? offsets)?[0].value, images <= 1 << 16 { rows = Dimension(images * kept) }
        let regions = ValueType(elementType, .ranked([rows, 5]))
        return version < 4 ? [regions] : [regions, ValueType(elementType, .ranked([rows]))]
    }
}
