import VireoTensor

/// What picks the regions of a Faster R-CNN's first stage becomes a Proposal, which makes the anchors too. Its second
/// input, `image_info` [1,3], is the height and width of the image and 1.
enum ReplaceProposals: GraphTransformation {
    static let id = "ObjectDetectionAPIProposalReplacement"

    static func apply(
        to graph: GraphDef, _ settings: TransformationSettings, _ options: inout ConversionOptions,
        notes: inout [String]
    ) throws -> GraphDef {
        guard case .points(let start, _) = settings.transformation.instances, start.count >= 2 else {
            throw VireoError(.malformedFile, "\(id) needs two start_points: the offsets and the scores of the regions")
        }
        let kind = settings.transformation.attributes["operation_to_add"]?.text ?? "Proposal"
        guard kind == "Proposal" else {
            throw VireoError(
                .unsupported, "\"operation_to_add\" is \(kind), and only Proposal is supported",
                remedy: "write \"operation_to_add\": \"Proposal\"")
        }
        let offsets = try convolution(before: start[0], graph)
        let scores = try convolution(before: start[1], graph)
        let exits = try settings.exits(of: graph)
        guard !exits.isEmpty else {
            throw VireoError(
                .unsupported, "\(id): none of the end_points is a node of the graph",
                remedy: TransformationSettings.otherFile)
        }
        let info = graph.unusedName("image_info")
        let image = NodeDef(
            info, op: "Placeholder", attributes: ["dtype": .type(.float), "shape": .shape(.ranked([1, 3]))])
        let name = graph.unusedName("proposals")
        let proposals = NodeDef(
            name, op: "VireoProposal", inputs: [scores, offsets, TensorRef(info)],
            attributes: try attributes(settings))
        if !options.inputs.isEmpty { options.inputs.append(InputSpecification(PortSpecification(info))) }
        notes.append(
            "the input \"\(info)\" [1,3] takes the height and width of the image and 1; "
                + "--freeze_placeholder_with_value \"\(info)->[HEIGHT WIDTH 1]\" makes it a constant")
        // The last of the end points counts the regions, which are always as many as can be.
        let redirections = Dictionary(
            exits.filter { !$0.name.contains("BatchMultiClassNonMaxSuppression") }.map {
                (TensorRef($0.name), TensorRef(name))
            }, uniquingKeysWith: { first, _ in first })
        return try graph.rewritten(redirecting: redirections, adding: [image, proposals])
    }

    private static func attributes(_ settings: TransformationSettings) throws -> [String: AttrValue] {
        let pairs: [(PipelineParameter, PipelineParameter)] = [
            (.scaleX, .scaleY), (.scaleWidth, .scaleHeight), (.anchorStrideX, .anchorStrideY),
            (.anchorWidth, .anchorHeight),
        ]
        for (x, y) in pairs where try settings.number(x) != settings.number(y) {
            throw VireoError(
                .unsupported, "\(x.path) differs from \(y.path), and a Proposal has one number for both")
        }
        for offset in [PipelineParameter.anchorOffsetX, .anchorOffsetY] where try settings.number(offset) != 0 {
            throw VireoError(.unsupported, "\(offset.path) is not 0, and the anchors of a Proposal have no offset")
        }
        func list(_ parameter: PipelineParameter) throws -> AttrValue {
            .list(try settings.numbers(parameter).map { .float(Float($0)) })
        }
        return [
            "base_size": .int(try settings.integer(.anchorHeight)),
            "feat_stride": .int(try settings.integer(.anchorStrideY)),
            "scale": try list(.anchorScales), "ratio": try list(.anchorRatios),
            "post_nms_topn": .int(try settings.integer(.proposals)),
            "nms_thresh": .string("\(try settings.number(.proposalOverlapThreshold))"),
            "box_size_scale": .string("\(try settings.number(.scaleHeight))"),
            "box_coordinate_scale": .string("\(try settings.number(.scaleX))"),
            "clip_before_nms": .bool(settings.flag("clip_before_nms")),
            "clip_after_nms": .bool(settings.flag("clip_after_nms")),
        ]
    }

    /// The convolution, with its bias, whose result the node `name` flattens.
    private static func convolution(before name: String, _ graph: GraphDef) throws -> TensorRef {
        guard graph[name] != nil else {
            throw VireoError(
                .unsupported, "\(id) begins at \"\(name)\", which is no node of the graph",
                remedy: TransformationSettings.otherFile)
        }
        var tensor = TensorRef(name)
        for _ in 0..<16 {
            guard let node = graph[tensor.node], let input = node.inputs.first else { break }
            if ["BiasAdd", "Add", "AddV2"].contains(node.op) { return tensor }
            tensor = input
        }
        throw VireoError(.unsupported, "\(id): there is no convolution with a bias before \"\(name)\"")
    }
}
