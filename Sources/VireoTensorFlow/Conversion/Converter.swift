import VireoIR
import VireoPasses
import VireoTensor

/// From a TensorFlow graph to a canonical model.
public struct Converter: Sendable {
    public let options: ConversionOptions
    /// Verifies the model after every pass.
    public var verifies = false
    /// Called after each pass with its name.
    public var onPass: (@Sendable (String) -> Void)?

    public init(_ options: ConversionOptions = ConversionOptions()) { self.options = options }

    /// A model and what the user should know about its making.
    public struct Conversion: Sendable {
        public let model: Model
        public let warnings: [String]
    }

    /// Converts the graph.
    /// - Parameter name: the model's name.
    /// - Throws: `invalidArgument` for options that do not fit the graph, `unsupported` naming all operations that
    ///   cannot be converted, `malformedFile` for a graph that contradicts itself.
    public func convert(_ graph: GraphDef, name: String) throws -> Conversion {
        var options = options
        var notes: [String] = []
        let transformed = try GraphTransformations.run(on: graph, &options, notes: &notes)
        let (graph, remarks) = try GraphCleanups.run(
            on: transformed.freezingPlaceholders(options.frozenPlaceholders), options)
        let boundary = try GraphBoundary(graph, options)
        let types = try boundary.inputTypes(graph, options)
        let arrangements = try boundary.inputArrangements(types, options)
        let preprocessing = try InputPreprocessing.of(
            boundary.inputs, types, arrangements.map(\.source), options)
        var model = try importGraph(
            boundary, types, arrangements, preprocessing, functions: graph.functions, name: name)
        try pipeline().run(on: &model, verifying: verifies) { pass, _ in onPass?(pass) }
        try model.inferTypes()
        record(boundary, preprocessing, in: &model)
        return Conversion(model: model, warnings: notes + remarks + warnings(preprocessing, boundary.inputs, types))
    }

    /// The passes that the options ask for.
    private func pipeline() throws(VireoError) -> PassPipeline {
        var dropped: Set<String> = []
        if options.keepsLayout { dropped.insert("SinkTransposes") }
        if !options.fusesLinearOperations { dropped.formUnion(PassPipeline.linearFusing) }
        let pipeline = PassPipeline.canonicalizing(unfused: options.unfused).without(dropped)
        return try options.lastPass.map { name throws(VireoError) in try pipeline.upTo(name) } ?? pipeline
    }

    private func importGraph(
        _ boundary: GraphBoundary, _ types: [ValueType], _ arrangements: [AxisArrangement],
        _ preprocessing: [InputPreprocessing], functions: [String: FunctionDef], name: String
    ) throws -> Model {
        let importer = GraphImporter(name: name, options.customConversions, functions: functions)
        var cuts: [TensorRef: Output] = [:]
        for (index, input) in boundary.inputs.enumerated() {
            let value: Output
            if let frozen = input.specification?.value {
                value = try importer.constant(frozenTensor(frozen, types[index], input), input.name)
            } else {
                value = try addInput(input, types[index], arrangements[index], preprocessing[index], importer)
            }
            if let reader = input.reader {
                cuts[TensorRef(reader.node, port: reader.port)] = value
            } else {
                importer.bind(input.tensor, to: value)
            }
        }
        for node in boundary.nodes { try importer.translate(cut(node, cuts, importer)) }
        for output in boundary.outputs {
            guard let value = importer.value(of: output) else {
                throw VireoError(
                    .invalidArgument, "\"\(output.node)\" has no output port \(output.port)", faq: 29)
            }
            try addOutput(output, value, boundary, importer)
        }
        return importer.model
    }

    /// The node with its cut ports reading the model's inputs instead.
    private func cut(_ node: NodeDef, _ cuts: [TensorRef: Output], _ importer: GraphImporter) -> NodeDef {
        guard node.inputs.indices.contains(where: { cuts[TensorRef(node.name, port: $0)] != nil }) else { return node }
        let inputs = node.inputs.enumerated().map { port, input -> TensorRef in
            guard let value = cuts[TensorRef(node.name, port: port)] else { return input }
            let name = TensorRef("\(node.name)/placeholder_port_\(port)")
            importer.bind(name, to: value)
            return name
        }
        return NodeDef(
            node.name, op: node.op, inputs: inputs, controlInputs: node.controlInputs, device: node.device,
            attributes: node.attributes)
    }

    /// Adds a Parameter in the IR's order of axes; the graph goes on in its own.
    private func addInput(
        _ input: GraphBoundary.Input, _ type: ValueType, _ arrangement: AxisArrangement,
        _ preprocessing: InputPreprocessing, _ importer: GraphImporter
    ) throws -> Output {
        var type = type
        if let order = arrangement.order, let dimensions = type.shape.dimensions {
            type.shape = .ranked(order.map { dimensions[$0] })
        }
        let parameter = try importer.addParameter(type, for: input.tensor, name: input.name)
        var value = parameter
        try importer.withModel { model in
            model.setTensorNames(["\(input.name):0"], of: parameter)
            if let layout = arrangement.target { model.setRuntimeInfo([layout.runtimeInfo], of: parameter.node) }
            if let order = arrangement.inverse {
                let order = try model.addConstant(Tensor(order.map { Int64($0) }), name: "\(input.name)/order")
                value = Output(try model.add(Transpose(), [parameter, order], name: "\(input.name)/channels_last"))
            }
            if !preprocessing.isEmpty {
                value = try preprocessing.apply(to: value, name: input.name, in: &model)
            }
        }
        return value
    }

    /// Adds a Result. One that --layout names has the axes in the order asked for, which passes leave alone.
    private func addOutput(
        _ output: TensorRef, _ value: Output, _ boundary: GraphBoundary, _ importer: GraphImporter
    ) throws {
        var value = value
        let arrangement = try boundary.outputArrangement(output, importer.type(value), options)
        try importer.withModel { model in
            if let order = arrangement?.order {
                let order = try model.addConstant(Tensor(order.map { Int64($0) }), name: "\(output.node)/order")
                let names = model[value.node].outputs[value.index].tensorNames
                model.setTensorNames([], of: value)
                value = Output(try model.add(Transpose(), [value, order], name: "\(output.node)/target_layout"))
                model.setTensorNames(names, of: value)
            }
            let result = try model.add(Result(), [value], name: "\(output.node)/sink_port_\(output.port)")
            if let layout = arrangement?.target { model.setRuntimeInfo([layout.runtimeInfo], of: result) }
        }
    }

    private func frozenTensor(
        _ values: [Double], _ type: ValueType, _ input: GraphBoundary.Input
    ) throws -> Tensor {
        guard let shape = type.shape.shape, shape.elementCount == values.count else {
            throw VireoError(
                .invalidArgument, "\(values.count) values for \"\(input.name)\" of shape \(type.shape)",
                remedy: "give as many values as the shape has elements")
        }
        return try Tensor(type.elementType, shape, values: values)
    }

    /// Writes into the model how its inputs are to be fed.
    private func record(
        _ boundary: GraphBoundary, _ preprocessing: [InputPreprocessing], in model: inout Model
    ) {
        let records = zip(boundary.inputs, preprocessing).filter { $0.0.specification?.value == nil }.map {
            input, steps in
            InputRecord(
                input: input.name, channelOrder: steps.reversesChannels ? .bgr : .rgb, mean: steps.mean,
                scale: steps.scale)
        }
        model.runtimeInfo = [RuntimeInfo(records)]
    }

    private func warnings(
        _ preprocessing: [InputPreprocessing], _ inputs: [GraphBoundary.Input], _ types: [ValueType]
    ) -> [String] {
        var warnings: [String] = []
        let ranks = types.map(\.shape.rank)
        if options.scale != nil, let image = ranks.firstIndex(of: 4) {
            for (input, rank) in zip(inputs, ranks) where rank != 4 && input.specification?.value == nil {
                warnings.append(
                    "--scale divides \"\(input.name)\" too, which is no image; --scale_values "
                        + "\(inputs[image].name)[...] divides the image alone")
            }
        }
        if let scale = options.scale, abs(scale) < 1 {
            warnings.append("--scale \(scale) multiplies the input: inputs are divided by the scale")
        }
        if preprocessing.contains(where: { $0.reversesChannels && $0.mean == [103.94, 116.78, 123.68] }) {
            warnings.append(
                "--mean_values [103.94,116.78,123.68] are in the order of a BGR image; with --reverse_input_channels "
                    + "they are applied after the reversal, where [123.68,116.78,103.94] is the usual order")
        }
        return warnings
    }
}
