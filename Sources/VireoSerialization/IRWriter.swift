import VireoIR
import VireoTensor

extension Model {
    /// Writes the model as OpenVINO IR version 11: the graph to `xml` and the weights to `weights`.
    ///
    /// Both files appear when both are complete; after an error what was there before is still there.
    /// - Returns: what became of the weights' values when `precision` is `half`.
    /// - Throws: `inputOutput` for a folder that cannot be written or a disk that is full, `invalidArgument` for a
    ///   model that the IR cannot express.
    @discardableResult
    public func writeIR(
        xml xmlPath: String, weights binPath: String, precision: WeightPrecision = .unchanged
    ) throws -> CompressionReport {
        try withContext("writing \(xmlPath)") {
            guard !results.isEmpty else { throw VireoError(.invalidArgument, "the model has no result") }
            let document = try AtomicFile(path: xmlPath)
            let weights = try AtomicFile(path: binPath)
            guard document.path != weights.path else {
                throw VireoError(.invalidArgument, "the graph and the weights would be one file")
            }
            var writer = IRWriter(self, precision)
            try writer.write()
            try document.write(writer.markup.bytes)
            try writer.weights.write(to: weights)
            try weights.finish()
            try document.finish()
            try weights.commit()
            try document.commit()
            return writer.report
        }
    }

    /// Writes `<name>.xml` and `<name>.bin` into a folder.
    @discardableResult
    public func writeIR(
        directory: String, name: String, precision: WeightPrecision = .unchanged
    ) throws -> CompressionReport {
        let base = directory.isEmpty ? name : "\(directory)/\(name)"
        return try writeIR(xml: base + ".xml", weights: base + ".bin", precision: precision)
    }
}

/// Turns a model into layers and edges.
struct IRWriter {
    private var model: Model
    private let precision: WeightPrecision
    private(set) var weights = WeightsWriter()
    private var nextLayer = 0
    /// Where each value comes from: layer and port.
    private var sources: [Output: Port] = [:]
    private var edges: [(from: Port, to: Port)] = []
    private(set) var markup = MarkupWriter()
    private(set) var report = CompressionReport()

    private struct Port {
        let layer: Int
        let port: Int
    }

    init(_ model: Model, _ precision: WeightPrecision) {
        self.model = model
        self.precision = precision
    }

    mutating func write() throws {
        try markup.begin("net", [("name", model.name), ("version", "11")])
        try writeGraph()
        try write(model.runtimeInfo)
        markup.end()
    }

    /// The layers and edges of the model at hand.
    /// - Returns: the layers of its parameters and results.
    @discardableResult
    private mutating func writeGraph() throws -> (parameters: [Int], results: [Int]) {
        var layers: [NodeID: Int] = [:]
        try markup.begin("layers")
        for id in try order() {
            let node = model[id]
            layers[id] = nextLayer
            try withContext("node \(node.label)") {
                if precision == .half, HalfPrecision.isCompressible(node, in: model) {
                    try writeCompressed(node)
                } else {
                    try write(node)
                }
            }
        }
        markup.end()
        try markup.begin("edges")
        for edge in edges {
            try markup.empty(
                "edge",
                [
                    ("from-layer", "\(edge.from.layer)"), ("from-port", "\(edge.from.port)"),
                    ("to-layer", "\(edge.to.layer)"), ("to-port", "\(edge.to.port)"),
                ])
        }
        markup.end()
        return (model.parameters.map { layers[$0]! }, model.results.map { layers[$0]! })
    }

    /// Parameters and results in the order of the model's interface, the rest in topological order between them.
    private func order() throws -> [NodeID] {
        let inner = try model.topologicalOrder().filter {
            !(model[$0].operation is Parameter) && !(model[$0].operation is Result)
        }
        return model.parameters + inner + model.results
    }

    private mutating func write(_ node: Node) throws {
        var data = node.operation.attributes.map { (key: $0.key, value: $0.value.text) }
        if let constant = node.operation as? Constant {
            guard constant.tensor.elementType.bitWidth != nil else {
                throw VireoError(.unsupported, "a constant of element type \(constant.tensor.elementType)")
            }
            data += IRWriter.place(weights.place(constant.tensor, as: .unchanged))
        }
        try writeLayer(
            name: node.name, type: node.operation is Constant ? "Const" : node.type, version: node.operation.opset,
            data: data, info: node.runtimeInfo, inputs: node.inputs.map { try source(of: $0) }, outputs: node.outputs,
            bodies: node.bodies)
        register(node)
    }

    /// An f32 Constant as an f16 one and a Convert, which takes its name and place.
    private mutating func writeCompressed(_ node: Node) throws {
        guard let tensor = model.constant(Output(node.id)) else { return }
        report.compressedCount += 1
        if let losses = HalfPrecision.losses(tensor, name: node.name) { report.lossyConstants.append(losses) }
        let stored = ValueType(.f16, tensor.shape)
        let data = Constant(tensor).attributes.map { attribute in
            (key: attribute.key, value: attribute.key == "element_type" ? "f16" : attribute.value.text)
        }
        try writeLayer(
            name: model.uniqueName(node.name + "_compressed"), type: "Const", version: "opset1",
            data: data + IRWriter.place(weights.place(tensor, as: .half)), info: [], inputs: [],
            outputs: [Value(type: stored, tensorNames: [], info: [])])
        let decompression = RuntimeInfo(
            "attribute", attributes: [.init("name", "decompression"), .init("version", "0")])
        try writeLayer(
            name: node.name, type: "Convert", version: "opset1", data: [("destination_type", "f32")],
            info: node.runtimeInfo + [decompression],
            inputs: [Input(type: stored, source: Port(layer: nextLayer - 1, port: 0))], outputs: node.outputs)
        sources[Output(node.id)] = Port(layer: nextLayer - 1, port: 1)
    }

    private static func place(_ blob: WeightsWriter.Blob) -> MarkupWriter.Attributes {
        [("offset", "\(blob.offset)"), ("size", "\(blob.size)")]
    }

    private func source(of value: Output) throws -> Input {
        guard let source = sources[value] else {
            throw VireoError(.invalidArgument, "reads from \(model[value.node].label), which comes later")
        }
        return Input(type: model.type(of: value), source: source)
    }

    /// Notes the ports of the layer just written.
    private mutating func register(_ node: Node) {
        for index in node.outputs.indices {
            sources[Output(node.id, index)] = Port(layer: nextLayer - 1, port: node.inputs.count + index)
        }
    }
}

// MARK: - One layer

extension IRWriter {
    private struct Input {
        let type: ValueType
        let source: Port
    }

    private struct Value {
        let type: ValueType
        let tensorNames: [String]
        let info: [RuntimeInfo]
    }

    private mutating func writeLayer(
        name: String, type: String, version: String, data: MarkupWriter.Attributes, info: [RuntimeInfo],
        inputs: [Input],
        outputs: [OutputPort], bodies: [Body] = []
    ) throws {
        try writeLayer(
            name: name, type: type, version: version, data: data, info: info, inputs: inputs,
            outputs: outputs.map { Value(type: $0.type, tensorNames: $0.tensorNames, info: $0.runtimeInfo) },
            bodies: bodies)
    }

    private mutating func writeLayer(
        name: String, type: String, version: String, data: MarkupWriter.Attributes, info: [RuntimeInfo],
        inputs: [Input],
        outputs: [Value], bodies: [Body] = []
    ) throws {
        let layer = nextLayer
        nextLayer += 1
        try markup.begin(
            "layer", [("id", "\(layer)"), ("name", name), ("type", type), ("version", version)])
        if !data.isEmpty { try markup.empty("data", data) }
        try write(info)
        if !inputs.isEmpty {
            try markup.begin("input")
            for (port, input) in inputs.enumerated() {
                try writePort(port, input.type)
                edges.append((input.source, Port(layer: layer, port: port)))
            }
            markup.end()
        }
        if !outputs.isEmpty {
            try markup.begin("output")
            for (index, output) in outputs.enumerated() {
                try writePort(inputs.count + index, output.type, output.tensorNames, output.info)
            }
            markup.end()
        }
        for (body, prefix) in zip(bodies, bodies.count == 2 ? ["then_", "else_"] : [""]) {
            try write(body, prefix, inputCount: inputs.count)
        }
        markup.end()
    }

    /// A body with its port map; layers inside it are counted afresh.
    private mutating func write(_ body: Body, _ prefix: String, inputCount: Int) throws {
        let outer = (model, nextLayer, sources, edges)
        (model, nextLayer, sources, edges) = (body.model, 0, [:], [])
        try markup.begin("\(prefix)body")
        let ports = try writeGraph()
        markup.end()
        (model, nextLayer, sources, edges) = outer

        func slicing(_ slicing: Body.Slicing?) -> MarkupWriter.Attributes {
            guard let slicing else { return [] }
            return [
                ("axis", "\(slicing.axis)"), ("start", "\(slicing.start)"), ("end", "\(slicing.end)"),
                ("stride", "\(slicing.stride)"), ("part_size", "\(slicing.partSize)"),
            ]
        }
        func port(_ external: Int, _ layer: Int, purpose: String? = nil) -> MarkupWriter.Attributes {
            [("external_port_id", "\(external)"), ("internal_layer_id", "\(layer)")]
                + (purpose.map { [("purpose", $0)] } ?? [])
        }
        try markup.begin("\(prefix)port_map")
        for input in body.inputs {
            try markup.empty("input", slicing(input.slicing) + port(input.input, ports.parameters[input.parameter]))
        }
        if let parameter = body.iterationParameter {
            try markup.empty("input", port(-1, ports.parameters[parameter], purpose: "current_iteration"))
        }
        for output in body.outputs.sorted(by: { $0.output < $1.output }) {
            try markup.empty(
                "output", slicing(output.slicing) + port(inputCount + output.output, ports.results[output.result]))
        }
        if let result = body.conditionResult {
            try markup.empty("output", port(-1, ports.results[result], purpose: "execution_condition"))
        }
        markup.end()
        guard prefix.isEmpty else { return }
        try markup.begin("back_edges")
        for edge in body.backEdges {
            try markup.empty(
                "edge",
                [
                    ("from-layer", "\(ports.results[edge.result])"),
                    ("to-layer", "\(ports.parameters[edge.parameter])"),
                ])
        }
        markup.end()
    }

    private mutating func writePort(
        _ id: Int, _ type: ValueType, _ tensorNames: [String] = [], _ info: [RuntimeInfo] = []
    ) throws {
        var attributes = [(key: "id", value: "\(id)"), (key: "precision", value: type.elementType.irPrecision)]
        if !tensorNames.isEmpty { attributes.append(("names", TensorNames.join(tensorNames))) }
        let dimensions = type.shape.dimensions ?? []
        guard !dimensions.isEmpty || !info.isEmpty else { return try markup.empty("port", attributes) }
        try markup.begin("port", attributes)
        for dimension in dimensions { try markup.leaf("dim", "\(dimension.value ?? -1)") }
        try write(info)
        markup.end()
    }

    private mutating func write(_ info: [RuntimeInfo]) throws {
        guard !info.isEmpty else { return }
        try markup.begin("rt_info")
        for entry in info { try write(entry) }
        markup.end()
    }

    private mutating func write(_ entry: RuntimeInfo) throws {
        let attributes = entry.attributes.map { (key: $0.key, value: $0.value) }
        guard !entry.children.isEmpty else { return try markup.empty(entry.name, attributes) }
        try markup.begin(entry.name, attributes)
        for child in entry.children { try write(child) }
        markup.end()
    }
}

extension ElementType {
    /// The name in a port's `precision` attribute: FP32, I64, BOOL.
    var irPrecision: String {
        switch self {
        case .f64: "FP64"
        case .f32: "FP32"
        case .f16: "FP16"
        case .boolean: "BOOL"
        case .u1: "BIN"
        case .dynamic: "UNSPECIFIED"
        default: "\(self)".uppercased()
        }
    }
}
