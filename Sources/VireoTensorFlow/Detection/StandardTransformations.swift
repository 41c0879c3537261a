import VireoTensor

extension TransformationsConfig {
    /// The transformations of a model of the Object Detection API's first version, by its pipeline.config and the nodes
    /// of its graph: what is done when no --transformations_config is given.
    /// - Throws: `unsupported` for a kind of model that is not known, which it names.
    static func standard(for pipeline: PipelineConfig, _ graph: GraphDef) throws(VireoError) -> TransformationsConfig {
        let preprocessor = Transformation(ReplacePreprocessor.id, .scopes(["Preprocessor/"]))
        switch pipeline.architecture {
        case "ssd":
            // Exporters of 2017 clip boxes before they suppress any, and have no node that scales.
            let clipsFirst = graph["Postprocessor/scale_logits"] == nil
            let entries = [
                "Postprocessor/Shape", clipsFirst ? "Postprocessor/Slice" : "Postprocessor/scale_logits",
                "Postprocessor/ExpandDims",
            ]
            return TransformationsConfig([
                preprocessor,
                Transformation(
                    ReplaceSSDPostprocessor.id, .points(start: entries, end: []), clipping(before: clipsFirst)),
            ])
        case "faster_rcnn":
            return TransformationsConfig([preprocessor] + twoStages(pipeline, graph))
        case let other:
            throw VireoError(
                .unsupported, "models of the kind \(other) are not supported",
                remedy: "supported are ssd and faster_rcnn; cut the postprocessor off with --output")
        }
    }

    private static func twoStages(_ pipeline: PipelineConfig, _ graph: GraphDef) -> [Transformation] {
        let stack = "TensorArrayStack/TensorArrayGatherV3"
        let hasMasks = !graph.nodes.contains { $0.name.hasPrefix("SecondStagePostprocessor/") }
        var list = [
            Transformation(
                ReplaceProposals.id,
                .points(
                    start: ["FirstStageBoxPredictor/Reshape", "FirstStageBoxPredictor/Reshape_1"],
                    end: ["map", "map_1", "map_2"].map { "\($0)/\(stack)" }), clipping(before: false)),
            Transformation(
                OverrideConstants.id, nil,
                ["replacements": .list([.list([.text("mul/y"), .text(PipelineParameter.proposals.rawValue)])])]),
        ]
        if pipeline.has("second_stage_box_predictor/rfcn_box_predictor") {
            let scopes = ["SecondStageBoxPredictor/map/", "SecondStageBoxPredictor/map_1/"]
            list.append(Transformation(ReplacePositionSensitivePooling.id, .scopes(scopes)))
        }
        guard hasMasks else {
            let names = ["Reshape", "Reshape_1"].map { "SecondStagePostprocessor/\($0)" }
            return list + [
                Transformation(
                    ReplaceSecondStagePostprocessor.id, .points(start: names, end: []), clipping(before: false))
            ]
        }
        let masks = ["Conv_3", "Conv_1"].map { "SecondStageBoxPredictor_1/\($0)/BiasAdd" }.joined(separator: "|")
        return list + [
            Transformation(ChooseOutputs.id, nil, ["outputs": .text("detection_boxes,\(masks)")]),
            Transformation(
                ReplaceSecondStagePostprocessor.id,
                .points(
                    start: ["Reshape", "Reshape_1"].map { "SecondStageBoxPredictor/\($0)" },
                    end: ["BatchMultiClassNonMaxSuppression_1/map/\(stack)"]), clipping(before: false)),
            Transformation(AddMaskSigmoid.id, nil),
        ]
    }

    private static func clipping(before: Bool) -> [String: JSONValue] {
        ["clip_before_nms": .boolean(before), "clip_after_nms": .boolean(!before)]
    }
}
