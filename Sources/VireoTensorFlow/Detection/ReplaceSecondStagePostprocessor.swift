import VireoTensor

/// What decodes the boxes of the second stage of a Faster R-CNN, R-FCN or Mask R-CNN, one for each class, becomes a
/// DetectionOutput.
enum ReplaceSecondStagePostprocessor: GraphTransformation {
    static let id = "ObjectDetectionAPIDetectionOutputReplacement"

    static func apply(
        to graph: GraphDef, _ settings: TransformationSettings, _ options: inout ConversionOptions,
        notes: inout [String]
    ) throws -> GraphDef {
        let entries = try settings.entries(2, of: graph)[0]
        guard let proposals = graph.nodes.first(where: { $0.op == "VireoProposal" }) else {
            throw VireoError(
                .unsupported, "\(id) needs the regions of \(ReplaceProposals.id), which the file does not list")
        }
        var attributes = try DetectionAttributes.suppression(settings)
        // TensorFlow counts a class's boxes after it has suppressed some, DetectionOutput before: with the few boxes of
        // a second stage all may be candidates.
        if settings.transformation.attributes[PipelineParameter.detectionsPerClass.rawValue] == nil {
            attributes["top_k"] = .int(-1)
        }
        let sharesBoxes = try settings.boolean(.sharesBoxes)
        attributes["background_label_id"] = .int(0)
        attributes["share_location"] = .bool(sharesBoxes)
        attributes["variance_encoded_in_target"] = .bool(true)
        attributes["classes"] = .int(try settings.integer(.classCount))
        attributes["score_converter"] = .string(try settings.texts(.scoreConverter)[0])
        attributes["logit_scale"] = .float(Float(try settings.number(.logitScale)))
        attributes["variances"] = .list(try settings.variances().map { .float(Float($0)) })
        attributes["crops_again"] = .bool(graph.nodes.contains { $0.name.hasPrefix("CropAndResize_1") })
        let name = graph.unusedName(DetectionAttributes.outputName)
        let detections = NodeDef(
            name, op: "VireoRegionDetection", inputs: entries + [TensorRef(proposals.name)], attributes: attributes)
        options.replaceOutputs(
            try settings.exits(of: graph).map(\.name) + DetectionAttributes.exported, by: [name])
        notes.append(DetectionAttributes.note)
        // A Mask R-CNN crops the features once more, by the boxes that it has found.
        let boxes = try settings.exits(of: graph).filter {
            $0.name.hasSuffix("/map/TensorArrayStack/TensorArrayGatherV3")
        }
        let redirections = Dictionary(
            boxes.map { (TensorRef($0.name), TensorRef(name, port: 1)) }, uniquingKeysWith: { first, _ in first })
        return try graph.rewritten(redirecting: redirections, adding: [detections])
    }
}
