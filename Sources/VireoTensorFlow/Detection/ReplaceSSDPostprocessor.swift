import VireoIR
import VireoTensor

/// What decodes the boxes of an SSD and suppresses the weaker of those that overlap becomes a DetectionOutput. The
/// anchors are those that the graph computes, whatever generated them.
enum ReplaceSSDPostprocessor: GraphTransformation {
    static let id = "ObjectDetectionAPISSDPostprocessorReplacement"

    static func apply(
        to graph: GraphDef, _ settings: TransformationSettings, _ options: inout ConversionOptions,
        notes: inout [String]
    ) throws -> GraphDef {
        var entries = try settings.entries(3, of: graph)[0]
        // Old exporters convert the scores before the place that the file names.
        if let node = graph.origin(of: entries[1]), ["Sigmoid", "Softmax"].contains(node.op), !node.inputs.isEmpty {
            entries[1] = node.inputs[0]
        }
        let hasBackground = try settings.boolean(.hasBackgroundClass)
        let classes = try settings.integer(.classCount) + (hasBackground ? 1 : 0)
        var attributes = try DetectionAttributes.suppression(settings)
        attributes["background_label_id"] = .int(hasBackground ? 0 : -1)
        attributes["share_location"] = .bool(true)
        attributes["variance_encoded_in_target"] = .bool(false)
        attributes["classes"] = .int(classes)
        attributes["score_converter"] = .string(try settings.texts(.scoreConverter)[0])
        attributes["logit_scale"] = .float(Float(try settings.number(.logitScale)))
        attributes["variances"] = .list(try settings.variances().map { .float(Float($0)) })
        let name = graph.unusedName(DetectionAttributes.outputName)
        let detections = NodeDef(
            name, op: "VireoSSDDetection", inputs: entries, attributes: attributes)
        options.replaceOutputs(try settings.exits(of: graph).map(\.name) + DetectionAttributes.exported, by: [name])
        notes.append(DetectionAttributes.note)
        return try graph.rewritten(adding: [detections])
    }
}

/// What the DetectionOutput of every kind of model has in common.
enum DetectionAttributes {
    static let outputName = "DetectionOutput"
    /// The outputs that the API's exporter makes, which one DetectionOutput replaces.
    static let exported = [
        "detection_boxes", "detection_scores", "detection_classes", "num_detections", "raw_detection_boxes",
        "raw_detection_scores", "detection_multiclass_scores", "detection_anchor_indices",
    ]
    static let note =
        "one DetectionOutput [1,1,N,7] replaces the outputs: image, class, score, and x1, y1, x2, y2 as parts of the image"

    /// The attributes of the IR's operation that say which boxes are kept.
    static func suppression(_ settings: TransformationSettings) throws -> [String: AttrValue] {
        let attributes = settings.transformation.attributes
        return [
            "code_type": .string(attributes["code_type"]?.text ?? DetectionOutput.CodeType.centerSize.rawValue),
            "clip_before_nms": .bool(settings.flag("clip_before_nms")),
            "clip_after_nms": .bool(settings.flag("clip_after_nms")),
            "confidence_threshold": .string("\(try settings.number(.scoreThreshold))"),
            "nms_threshold": .string("\(try settings.number(.overlapThreshold))"),
            "top_k": .int(try settings.integer(.detectionsPerClass)),
            "keep_top_k": .int(try settings.integer(.detections)),
            "normalized": .bool(true),
        ]
    }
}

extension ConversionOptions {
    /// The outputs without those of `replaced` nodes and with `replacements`, unless only others are asked for.
    mutating func replaceOutputs(_ replaced: [String], by replacements: [String]) {
        let others = outputs.filter { !replaced.contains($0.node) }
        if outputs.isEmpty || others.count < outputs.count {
            outputs = replacements.map { PortSpecification($0) } + others
        }
    }
}

extension GraphDef {
    /// `name`, with a number behind it where a node has it already.
    func unusedName(_ name: String) -> String {
        guard self[name] != nil else { return name }
        return (1...).lazy.map { "\(name)_\($0)" }.first { self[$0] == nil } ?? name
    }
}
