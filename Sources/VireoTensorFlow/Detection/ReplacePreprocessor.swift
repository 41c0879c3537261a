import VireoTensor

/// The API's loop over the images of a batch, which resizes each, is left out: the IR takes images that have the
/// network's size. What is subtracted and multiplied before or after stays.
enum ReplacePreprocessor: GraphTransformation {
    static let id = "ObjectDetectionAPIPreprocessorReplacement"

    static func apply(
        to graph: GraphDef, _ settings: TransformationSettings, _ options: inout ConversionOptions,
        notes: inout [String]
    ) throws -> GraphDef {
        let image = try imagePlaceholder(graph)
        let shape = try imageShape(image, settings, &options, &notes)
        var graph = graph
        for scope in try settings.scopes(of: graph) {
            let resized = scope + "map/TensorArrayStack/TensorArrayGatherV3"
            let read = scope + "map/TensorArrayUnstack/TensorArrayScatter/TensorArrayScatterV3"
            guard let resized = graph[resized], let read = graph[read], read.inputs.count >= 3 else { continue }
            var replacements = [resized.name: resized.identity(of: read.inputs[2])]
            if let sizes = graph[scope + "map/TensorArrayStack_1/TensorArrayGatherV3"] {
                let row = [Int32(shape[1]), Int32(shape[2]), 3]
                let rows = Array([[Int32]](repeating: row, count: shape[0]).joined())
                replacements[sizes.name] = try sizes.constant(Tensor(rows, [shape[0], 3]))
            }
            replacements[image.name] = NodeDef(
                image.name, op: image.op, inputs: image.inputs, device: image.device,
                attributes: image.attributes.merging(["shape": .shape(PartialShape(Shape(shape)))]) { $1 })
            graph = try graph.rewritten(replacing: replacements)
            notes.append(
                "the preprocessor resizes no more: images are fed as \(shape[1]) by \(shape[2]) pixels"
            )
            return graph
        }
        throw VireoError(
            .unsupported, "\(settings.transformation.id): the graph has no loop that resizes images",
            remedy:
                "leave the transformation out of the --transformations_config when the graph takes images of one size")
    }

    /// The API calls its input `image_tensor`, and in its second version `input_tensor`.
    static func imagePlaceholder(_ graph: GraphDef) throws(VireoError) -> NodeDef {
        for name in ["input_tensor", "image_tensor"] {
            if let node = graph[name], node.op == "Placeholder" { return node }
        }
        throw VireoError(
            .unsupported, "the graph has no Placeholder \"image_tensor\" or \"input_tensor\"",
            remedy: "export the graph with --input_type image_tensor")
    }

    /// The shape of the images, for which the options that say it are used up.
    private static func imageShape(
        _ image: NodeDef, _ settings: TransformationSettings, _ options: inout ConversionOptions,
        _ notes: inout [String]
    ) throws -> [Int] {
        let place = options.inputs.firstIndex { $0.place.node == image.name }
        guard options.inputs.isEmpty || place != nil else {
            throw VireoError(
                .invalidArgument, "--input leaves \"\(image.name)\" out, which the transformations begin at",
                remedy: "convert without --input")
        }
        var given = place.flatMap { options.inputs[$0].shape }
        if given == nil, let index = place ?? (options.inputShapes.isEmpty ? nil : 0),
            options.inputShapes.indices.contains(index)
        {
            given = options.inputShapes.remove(at: index)
        }
        if options.batch != nil, given != nil {
            throw VireoError(
                .invalidArgument, "--batch and --input_shape both say what the first dimension is",
                remedy: "write the batch into the shape", faq: 56)
        }
        let graphShape = try image.shape("shape", default: .unranked)
        guard (given ?? graphShape).rank ?? 4 == 4, graphShape.rank ?? 4 == 4 else {
            throw VireoError(.invalidArgument, "images of shape \(given ?? graphShape)", in: [image.place])
        }
        let dimensions = given?.dimensions
        let known = dimensions.flatMap { shape in
            shape[1].value.flatMap { height in shape[2].value.map { (height, $0) } }
        }
        let resizer = try settings.pipelineConfig().resizer()
        let size = try resizer.size(known.map { (max($0.0, 1), max($0.1, 1)) })
        if let known, known != size {
            notes.append(
                "--input_shape asks for \(known.0) by \(known.1) pixels, which the API resizes to \(size.height) by "
                    + "\(size.width)")
        }
        let batch = options.batch ?? dimensions?[0].value ?? graphShape.dimensions?[0].value ?? 1
        guard (1...1 << 16).contains(batch), size.height <= 1 << 16, size.width <= 1 << 16 else {
            throw VireoError(.invalidArgument, "\(batch) images of \(size.height) by \(size.width) pixels")
        }
        options.batch = nil
        if let place { options.inputs[place].shape = nil }
        return [batch, size.height, size.width, 3]
    }
}
