import VireoIR
import VireoTensor

extension GraphBoundary {
    /// The element type and shape of every input, from the graph, `--input_shape`, `--input` and `--batch`.
    func inputTypes(_ graph: GraphDef, _ options: ConversionOptions) throws(VireoError) -> [ValueType] {
        if options.batch != nil,
            !options.inputShapes.isEmpty || inputs.contains(where: { $0.specification?.shape != nil })
        {
            throw VireoError(
                .invalidArgument, "--batch and --input_shape both say what the first dimension is",
                remedy: "write the batch into the shape", faq: 56)
        }
        if let batch = options.batch, batch < 1 {
            throw VireoError(.invalidArgument, "--batch must be at least 1, and is \(batch)")
        }
        try checkShapeCount(options)
        var types: [ValueType] = []
        for (index, input) in inputs.enumerated() {
            var type = try graphType(of: input, graph, options.customConversions)
            if let given = input.specification?.elementType { type.elementType = given }
            if let given = input.specification?.shape
                ?? (options.inputShapes.isEmpty ? nil : options.inputShapes[index])
            {
                type.shape = given
            } else if let batch = options.batch {
                type.shape = try shape(type.shape, withBatch: batch, input)
            }
            guard type.shape.isStatic else {
                let shape = type.shape.dimensions?.map { $0.value.map(String.init) ?? "-1" }.joined(separator: " ")
                throw VireoError(
                    .invalidArgument,
                    "Shape [\(shape ?? "...")] is not fully defined for output 0 of \"\(input.name)\"",
                    remedy: "Use --input_shape with positive integers, or --batch when only the first is unknown",
                    faq: 40)
            }
            types.append(type)
        }
        return types
    }

    private func checkShapeCount(_ options: ConversionOptions) throws(VireoError) {
        let shapes = options.inputShapes
        guard !shapes.isEmpty, shapes.count != inputs.count else { return }
        if options.inputs.isEmpty {
            if shapes.count == 1 {
                throw VireoError(
                    .invalidArgument,
                    "one shape is given, and the graph has \(inputs.count) Placeholders: "
                        + inputs.map(\.name).joined(separator: ", "),
                    remedy: "name the inputs with --input, in the order of the shapes", faq: 32)
            }
            throw VireoError(
                .invalidArgument, "--input_shape has \(shapes.count) shapes, and no --input says for which inputs",
                remedy: "name the inputs with --input, in the order of the shapes", faq: 58)
        }
        throw VireoError(
            .invalidArgument, "--input_shape has \(shapes.count) shapes for \(inputs.count) inputs", faq: 58)
    }

    /// What the graph says of an input: a Placeholder's attributes, else what the part before the cut computes.
    private func graphType(
        of input: Input, _ graph: GraphDef, _ customConversions: [String: CustomConversion]
    ) throws(VireoError) -> ValueType {
        guard let placeholder = input.placeholder else {
            // Before the cut the graph may hold anything; without a type, f32 is what networks compute in.
            return (try? typeBeforeCut(input, graph, customConversions)) ?? ValueType(.f32, .unranked)
        }
        let dataType = try placeholder.type("dtype", default: .float)
        guard let elementType = dataType.elementType, elementType != .string else {
            throw VireoError(.unsupported, "a Placeholder of type \(dataType)", in: [placeholder.place])
        }
        return ValueType(elementType, try placeholder.shape("shape", default: .unranked))
    }

    private func typeBeforeCut(
        _ input: Input, _ graph: GraphDef, _ customConversions: [String: CustomConversion]
    ) throws -> ValueType {
        var options = ConversionOptions()
        options.customConversions = customConversions
        options.outputs = [PortSpecification(input.tensor.node, .output(input.tensor.port))]
        let before = try GraphBoundary(graph, options)
        let importer = GraphImporter(name: "", customConversions)
        for parameter in before.inputs {
            let type = try graphType(of: parameter, graph, customConversions)
            _ = try importer.addParameter(type, for: parameter.tensor, name: parameter.name)
        }
        for node in before.nodes { try importer.translate(node) }
        guard let value = importer.value(of: input.tensor) else {
            throw VireoError(.invalidArgument, "\"\(input.tensor)\" is no output", faq: 29)
        }
        return importer.type(value)
    }

    private func shape(_ shape: PartialShape, withBatch batch: Int, _ input: Input) throws(VireoError) -> PartialShape {
        // A scalar, such as is_training, has no batch.
        if shape.rank == 0 { return shape }
        guard var dimensions = shape.dimensions, let first = dimensions.first,
            first.isDynamic || first.value == 0 || first.value == 1
        else {
            throw VireoError(
                .invalidArgument, "--batch cannot set the first dimension of \"\(input.name)\", which is \(shape)",
                remedy: "use --input_shape", faq: 39)
        }
        dimensions[0] = Dimension(batch)
        return .ranked(dimensions)
    }
}
