import VireoTensor

/// Says what the outputs are, unless --output does: "outputs" of "custom_attributes" is a list of names, and for each
/// name alternatives separated by "|", of which the first that is in the graph is taken.
enum ChooseOutputs: GraphTransformation {
    static let id = "ObjectDetectionAPIOutputReplacement"

    static func apply(
        to graph: GraphDef, _ settings: TransformationSettings, _ options: inout ConversionOptions,
        notes: inout [String]
    ) throws -> GraphDef {
        guard options.outputs.isEmpty, let text = settings.transformation.attributes["outputs"]?.text else {
            return graph
        }
        var names = text.split(separator: ",").compactMap { alternatives in
            alternatives.split(separator: "|").map { $0.filter { $0 != " " } }.first { graph[$0] != nil }
        }
        // What was found is an output of every model, whether or not the list has it.
        if !names.contains("detection_boxes"), graph["detection_boxes"] != nil {
            names.insert("detection_boxes", at: 0)
        }
        options.outputs = names.map { PortSpecification($0) }
        return graph
    }
}

/// Gives constants of the graph the numbers of the pipeline.config: "replacements" of "custom_attributes" is a list of
/// a node's name and a parameter's.
enum OverrideConstants: GraphTransformation {
    static let id = "ObjectDetectionAPIConstValueOverride"

    static func apply(
        to graph: GraphDef, _ settings: TransformationSettings, _ options: inout ConversionOptions,
        notes: inout [String]
    ) throws -> GraphDef {
        guard case .list(let pairs) = settings.transformation.attributes["replacements"] else { return graph }
        var replacements: [String: NodeDef] = [:]
        for pair in pairs {
            guard let texts = pair.texts, texts.count == 2, let parameter = PipelineParameter(rawValue: texts[1]) else {
                throw VireoError(
                    .malformedFile, "\"replacements\" holds what is no pair of a node's name and a parameter's")
            }
            // Files name constants of several releases.
            guard let node = graph[texts[0]], node.op == "Const" else { continue }
            let old = try node.tensor("value").tensor()
            let value = try settings.number(parameter)
            let values = [Double](repeating: value, count: old.elementCount)
            replacements[node.name] = try node.constant(Tensor(old.elementType, old.shape, values: values))
        }
        return try graph.rewritten(replacing: replacements)
    }
}

/// The second crop of a Mask R-CNN reads the boxes of the DetectionOutput, to which `ReplaceSecondStagePostprocessor`
/// has connected it.
enum KeepSecondCrop: GraphTransformation {
    static let id = "ObjectDetectionAPIMaskRCNNROIPoolingSecondReplacement"

    static func apply(
        to graph: GraphDef, _ settings: TransformationSettings, _ options: inout ConversionOptions,
        notes: inout [String]
    ) throws -> GraphDef { graph }
}

/// The masks of a Mask R-CNN, for every class, become probabilities: the output `masks`.
enum AddMaskSigmoid: GraphTransformation {
    static let id = "ObjectDetectionAPIMaskRCNNSigmoidReplacement"

    static func apply(
        to graph: GraphDef, _ settings: TransformationSettings, _ options: inout ConversionOptions,
        notes: inout [String]
    ) throws -> GraphDef {
        let prefix = settings.transformation.attributes["masks_node_prefix_name"]?.text ?? "SecondStageBoxPredictor"
        guard let index = options.outputs.firstIndex(where: { $0.node.hasPrefix(prefix) }) else { return graph }
        let name = graph.unusedName("masks")
        let masks = NodeDef(name, op: "Sigmoid", inputs: [TensorRef(options.outputs[index].node)])
        options.outputs[index] = PortSpecification(name)
        notes.append("the output \"masks\" has a mask of every class for each row of the DetectionOutput")
        return try graph.rewritten(adding: [masks])
    }
}
