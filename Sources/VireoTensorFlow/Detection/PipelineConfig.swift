import VireoTensor

/// The pipeline.config of a model of TensorFlow's Object Detection API: with which numbers it was trained and exported.
public struct PipelineConfig: Sendable {
    /// The kind of model: `ssd` or `faster_rcnn`.
    public let architecture: String
    private let model: TextMessage

    /// - Throws: `notFound` and `inputOutput` for a file that cannot be read, `malformedFile` for what is no
    ///   pipeline.config.
    public init(contentsOf path: String) throws(VireoError) {
        do throws(VireoError) {
            let file = try FileBytes(path: path)
            try self.init(text: [UInt8](file.bytes))
        } catch {
            throw error.adding(context: path)
        }
    }

    /// - Throws: `malformedFile` for what is no pipeline.config.
    public init(text: String) throws(VireoError) { try self.init(text: Array(text.utf8)) }

    private init(text: [UInt8]) throws(VireoError) {
        let root = try TextMessage(parsing: text)
        guard case .message(let model) = root.values(at: "model").first,
            case .message(let inside) = model.fields.first?.value
        else {
            throw VireoError(
                .malformedFile, "this is not a pipeline.config: it describes no model",
                remedy: "take the pipeline.config that lies beside the frozen graph")
        }
        architecture = model.fields[0].name
        self.model = inside
    }

    /// The values of a parameter: those of the file, else what the API takes when there are none.
    func texts(_ parameter: PipelineParameter) -> [String] {
        let found = model.scalars(at: parameter.path)
        return found.isEmpty ? parameter.fallback.map { [$0] } ?? [] : found
    }

    /// Whether the file has a message at this path.
    func has(_ path: String) -> Bool { !model.values(at: path).isEmpty }

    /// How the API makes images of any size fit the network.
    func resizer() throws(VireoError) -> ImageResizer {
        func size(_ parameter: PipelineParameter) throws(VireoError) -> Int {
            guard let text = texts(parameter).last, let value = Int(text), (1...1 << 16).contains(value) else {
                throw VireoError(
                    .malformedFile, "the pipeline.config has no usable \(parameter.path)",
                    remedy: "give the height and width with --input_shape")
            }
            return value
        }
        if has("image_resizer/fixed_shape_resizer") {
            return .fixed(height: try size(.fixedHeight), width: try size(.fixedWidth))
        }
        if has("image_resizer/keep_aspect_ratio_resizer") {
            return .keepingAspectRatio(
                shortest: try size(.shortestSide), longest: try size(.longestSide),
                isPadded: texts(.padsToLongest).last == "true")
        }
        return .other
    }
}

/// What a conversion needs to know from a pipeline.config. The raw value is the name under which the
/// "custom_attributes" of a transformation may say otherwise.
enum PipelineParameter: String, CaseIterable {
    case classCount = "num_classes"
    case hasBackgroundClass = "add_background_class"
    case fixedHeight = "resizer_image_height"
    case fixedWidth = "resizer_image_width"
    case shortestSide = "resizer_min_dimension"
    case longestSide = "resizer_max_dimension"
    case padsToLongest = "pad_to_max_dimension"
    case scoreConverter = "postprocessing_score_converter"
    case logitScale = "postprocessing_logit_scale"
    case scoreThreshold = "postprocessing_score_threshold"
    case overlapThreshold = "postprocessing_iou_threshold"
    case detectionsPerClass = "postprocessing_max_detections_per_class"
    case detections = "postprocessing_max_total_detections"
    case scaleX = "frcnn_variance_x"
    case scaleY = "frcnn_variance_y"
    case scaleWidth = "frcnn_variance_width"
    case scaleHeight = "frcnn_variance_height"
    case proposals = "first_stage_max_proposals"
    case proposalOverlapThreshold = "first_stage_nms_iou_threshold"
    case anchorHeight = "anchor_generator_height"
    case anchorWidth = "anchor_generator_width"
    case anchorStrideY = "anchor_generator_height_stride"
    case anchorStrideX = "anchor_generator_width_stride"
    case anchorOffsetY = "anchor_generator_height_offset"
    case anchorOffsetX = "anchor_generator_width_offset"
    case anchorScales = "anchor_generator_scales"
    case anchorRatios = "anchor_generator_aspect_ratios"
    case sharesBoxes = "share_box_across_classes"
    case spatialBinsY = "num_spatial_bins_height"
    case spatialBinsX = "num_spatial_bins_width"
    case cropHeight = "crop_height"
    case cropWidth = "crop_width"

    /// Where the value is, below the model.
    var path: String {
        switch self {
        case .classCount, .hasBackgroundClass: rawValue
        case .fixedHeight: "image_resizer/fixed_shape_resizer/height"
        case .fixedWidth: "image_resizer/fixed_shape_resizer/width"
        case .shortestSide: "image_resizer/keep_aspect_ratio_resizer/min_dimension"
        case .longestSide: "image_resizer/keep_aspect_ratio_resizer/max_dimension"
        case .padsToLongest: "image_resizer/keep_aspect_ratio_resizer/pad_to_max_dimension"
        case .scoreConverter: "*post_processing/score_converter"
        case .logitScale: "*post_processing/logit_scale"
        case .scoreThreshold: "*post_processing/batch_non_max_suppression/score_threshold"
        case .overlapThreshold: "*post_processing/batch_non_max_suppression/iou_threshold"
        case .detectionsPerClass: "*post_processing/batch_non_max_suppression/max_detections_per_class"
        case .detections: "*post_processing/batch_non_max_suppression/max_total_detections"
        case .scaleX: "box_coder/faster_rcnn_box_coder/x_scale"
        case .scaleY: "box_coder/faster_rcnn_box_coder/y_scale"
        case .scaleWidth: "box_coder/faster_rcnn_box_coder/width_scale"
        case .scaleHeight: "box_coder/faster_rcnn_box_coder/height_scale"
        case .proposals, .proposalOverlapThreshold: rawValue
        case .anchorHeight: "first_stage_anchor_generator/grid_anchor_generator/height"
        case .anchorWidth: "first_stage_anchor_generator/grid_anchor_generator/width"
        case .anchorStrideY: "first_stage_anchor_generator/grid_anchor_generator/height_stride"
        case .anchorStrideX: "first_stage_anchor_generator/grid_anchor_generator/width_stride"
        case .anchorOffsetY: "first_stage_anchor_generator/grid_anchor_generator/height_offset"
        case .anchorOffsetX: "first_stage_anchor_generator/grid_anchor_generator/width_offset"
        case .anchorScales: "first_stage_anchor_generator/grid_anchor_generator/scales"
        case .anchorRatios: "first_stage_anchor_generator/grid_anchor_generator/aspect_ratios"
        case .sharesBoxes: "second_stage_box_predictor/*/share_box_across_classes"
        case .spatialBinsY, .spatialBinsX, .cropHeight, .cropWidth:
            "second_stage_box_predictor/rfcn_box_predictor/\(rawValue)"
        }
    }

    /// What the API takes when the file does not say.
    var fallback: String? {
        switch self {
        case .hasBackgroundClass: "true"
        case .scoreConverter: "IDENTITY"
        case .logitScale: "1.0"
        case .scoreThreshold: "0.0"
        case .overlapThreshold: "0.6"
        case .detectionsPerClass, .detections: "100"
        case .scaleX, .scaleY: "10.0"
        case .scaleWidth, .scaleHeight: "5.0"
        case .proposals: "300"
        case .proposalOverlapThreshold: "0.7"
        case .anchorHeight, .anchorWidth: "256"
        case .anchorStrideY, .anchorStrideX: "16"
        case .anchorOffsetY, .anchorOffsetX: "0"
        case .sharesBoxes, .padsToLongest: "false"
        case .spatialBinsY, .spatialBinsX: "3"
        case .cropHeight, .cropWidth: "12"
        case .shortestSide: "600"
        case .longestSide: "1024"
        case .fixedHeight, .fixedWidth: "300"
        case .classCount, .anchorScales, .anchorRatios: nil
        }
    }
}

/// How the API makes images of any size fit the network. The IR's image has been resized already.
enum ImageResizer {
    case fixed(height: Int, width: Int)
    case keepingAspectRatio(shortest: Int, longest: Int, isPadded: Bool)
    case other

    /// The height and width of the network's image for an image of size `given`, or for none.
    /// - Throws: `unsupported` when neither says.
    func size(_ given: (height: Int, width: Int)?) throws(VireoError) -> (height: Int, width: Int) {
        switch self {
        case .fixed(let height, let width): return given ?? (height, width)
        case .keepingAspectRatio(_, let longest, true): return (longest, longest)
        case .keepingAspectRatio(let shortest, let longest, false):
            guard let given else { return (shortest, shortest) }
            let (small, large) = (min(given.height, given.width), max(given.height, given.width))
            let factor = min(Double(shortest) / Double(small), Double(longest) / Double(large))
            func scaled(_ side: Int) -> Int { max(1, Int((Double(side) * factor).rounded(.toNearestOrEven))) }
            return (scaled(given.height), scaled(given.width))
        case .other:
            guard let given else {
                throw VireoError(
                    .unsupported, "the pipeline.config has an image_resizer that is not known",
                    remedy: "give the height and width with --input_shape")
            }
            return given
        }
    }
}
