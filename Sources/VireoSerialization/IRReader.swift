import VireoIR
import VireoTensor

extension Model {
    /// Reads an OpenVINO IR of version 10 or 11. The weights are mapped, not read: constants are views into the file.
    ///
    /// Types and shapes are inferred afresh. Layers that no Result needs are left out; Parameters stay.
    /// - Parameter binPath: the weights; the file of the same name that ends in `.bin` when left out.
    /// - Throws: `notFound` or `inputOutput` for files that cannot be read, `malformedFile` with the layer and line for
    ///   content that is wrong, and `unsupported` with every operation that is not known.
    public init(irFile xmlPath: String, weights binPath: String? = nil) throws {
        self = try withContext("reading \(xmlPath)") { try Model.reading(xmlPath, binPath) }
    }

    private static func reading(_ xmlPath: String, _ binPath: String?) throws -> Model {
        let document = try MappedFile(path: xmlPath)
        var explicit: TensorStorage?
        if let binPath { explicit = try MappedFile(path: binPath).storage }
        return try document.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) throws -> Model in
            try Model(irDocument: bytes, weights: { [explicit] in try explicit ?? weightsFile(beside: xmlPath) })
        }
    }

    private static func weightsFile(beside xmlPath: String) throws -> TensorStorage {
        let base = xmlPath.lowercased().hasSuffix(".xml") ? String(xmlPath.dropLast(4)) : xmlPath
        do {
            return try MappedFile(path: base + ".bin").storage
        } catch {
            guard error.code == .notFound else { throw error }
            throw VireoError(
                .notFound, "the weights file \(base).bin is missing",
                remedy: "keep it beside the .xml file, or name another one")
        }
    }

    /// Reads an IR from memory.
    /// - Parameter weights: called when the first constant is met.
    package init(irDocument document: UnsafeRawBufferPointer, weights: @escaping () throws -> TensorStorage) throws {
        let net = try MarkupParser.root(of: document)
        try Model.checkFormat(net)
        let graph = try IRGraph(net)
        try KnownOperations.check(graph)
        var weights = IRWeights(weights)
        try self.init(graph, name: net["name"] ?? "", &weights)
        runtimeInfo = RuntimeInfo.ofModel(net)
    }

    /// The model of a `<net>` or a `<body>`.
    private init(_ graph: IRGraph, name: String, _ weights: inout IRWeights) throws {
        self.init(name: name)
        var nodes: [Int: NodeID] = [:]
        for index in try graph.evaluationOrder() {
            let layer = graph.layers[index]
            // The order guarantees that the layers read from have their nodes.
            let inputs = graph.sources[index].compactMap { source in
                nodes[source.layer].map { Output($0, source.output) }
            }
            do {
                nodes[index] = try add(layer, inputs, &weights)
            } catch let error as VireoError {
                throw error.adding(context: layer.place)
            }
        }
        reorder(
            parameters: graph.layers.indices.filter { graph.layers[$0].isParameter }.compactMap { nodes[$0] },
            results: graph.layers.indices.filter { graph.layers[$0].isResult }.compactMap { nodes[$0] })
    }

    private mutating func add(_ layer: IRLayer, _ inputs: [Output], _ weights: inout IRWeights) throws -> NodeID {
        let operation: any Operation
        if layer.isConstant {
            operation = Constant(try weights.tensor(of: layer))
        } else if layer.isCustom {
            operation = CustomOperation(
                layer.type, text: Dictionary(layer.data.map { ($0.name, $0.value) }) { first, _ in first },
                outputs: try layer.declaredTypes())
        } else {
            let attributes = AttributeReader(text: layer.data)
            var bodies: [Body] = []
            for body in layer.bodies {
                bodies.append(try body.tied(to: Model(body.graph, name: layer.name, &weights)))
            }
            operation = try OperationSet.make(layer.type, opset: layer.opset ?? 0, attributes, bodies: bodies)
        }
        let id = try add(operation, inputs, name: layer.name)
        setRuntimeInfo(layer.runtimeInfo, of: id)
        for (index, port) in layer.outputPorts.enumerated() {
            guard index < self[id].outputs.count else {
                throw VireoError(
                    .malformedFile,
                    "\(layer.outputPorts.count) output ports of an operation that has "
                        + "\(self[id].outputs.count)")
            }
            setTensorNames(port.tensorNames, of: Output(id, index))
            setRuntimeInfo(port.runtimeInfo, of: Output(id, index))
        }
        return id
    }

    private static func checkFormat(_ net: MarkupElement) throws(VireoError) {
        guard net.name == "net" else {
            throw VireoError(
                .malformedFile, "the root element is <\(net.name)>, and <net> is expected",
                remedy: "name the .xml file of an OpenVINO IR")
        }
        let version = try net.required("version")
        if version == "10" || version == "11" { return }
        let isLegacy = Int(version).map { $0 < 10 } ?? false
        throw VireoError(
            .unsupported, "IR version \(version), and versions 10 and 11 are read",
            remedy: isLegacy
                ? "convert the original model again: versions before 10 keep weights in <blobs> of another operation set"
                : "write the model as version 11")
    }
}

/// Finds every operation of a file that cannot be read, so that one error names them all.
private enum KnownOperations {
    private static let types = Set(OperationSet.entries.map { $0.type.lowercased() })

    static func check(_ graph: IRGraph) throws(VireoError) {
        var unknown: [String: [IRLayer]] = [:]
        for layer in try needed(graph)
        where !layer.isConstant && !layer.isCustom && (layer.opset == nil || !types.contains(layer.type.lowercased())) {
            unknown["\(layer.type) (\(layer.version))", default: []].append(layer)
        }
        guard !unknown.isEmpty else { return }
        let lines = unknown.sorted { $0.key < $1.key }.map { operation, layers in
            let first = layers.prefix(3).map { "\"\($0.name)\"" }.joined(separator: ", ")
            return "\(operation), \(layers.count) \(layers.count == 1 ? "layer" : "layers"): \(first)"
                + (layers.count > 3 ? ", …" : "")
        }
        throw VireoError(
            .unsupported, "\(unknown.count) \(unknown.count == 1 ? "operation is" : "operations are") not known",
            in: lines)
    }

    /// The layers that count, with those of bodies.
    private static func needed(_ graph: IRGraph) throws(VireoError) -> [IRLayer] {
        var layers: [IRLayer] = []
        for index in try graph.evaluationOrder() {
            layers.append(graph.layers[index])
            for body in graph.layers[index].bodies { layers += try needed(body.graph) }
        }
        return layers
    }
}
