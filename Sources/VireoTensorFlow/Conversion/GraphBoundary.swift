import VireoIR
import VireoTensor

/// Where the part of a graph that is converted begins and ends.
struct GraphBoundary {
    /// A tensor that an input of the model replaces.
    struct Input {
        /// What the option called it; the name that --mean_values may use.
        let requestedName: String
        /// The name of the model's input.
        let name: String
        let tensor: TensorRef
        /// The one reader that sees the input instead of the tensor; nil when all do.
        let reader: (node: String, port: Int)?
        let specification: InputSpecification?
        let placeholder: NodeDef?
    }

    let inputs: [Input]
    let outputs: [TensorRef]
    /// The nodes to translate, in topological order.
    let nodes: [NodeDef]

    /// Whether images have their channels last: the graph has no operation that says otherwise.
    var isChannelsLast: Bool { !nodes.contains { (try? $0.string("data_format")) == "NCHW" } }
}

extension GraphBoundary {
    /// - Throws: `invalidArgument` with the question number for options that do not fit the graph, `unsupported` with
    ///   all operations that cannot be translated.
    init(_ graph: GraphDef, _ options: ConversionOptions) throws(VireoError) {
        var inputs: [Input] = []
        if options.inputs.isEmpty {
            for node in graph.nodes where node.op == "Placeholder" {
                inputs.append(
                    Input(
                        requestedName: node.name, name: node.name, tensor: TensorRef(node.name), reader: nil,
                        specification: nil, placeholder: node))
            }
        }
        for specification in options.inputs { inputs += try GraphBoundary.inputs(specification, graph) }
        let outputs =
            options.outputs.isEmpty
            ? try GraphBoundary.defaultOutputs(graph, inputs) : try GraphBoundary.outputs(options.outputs, graph)
        guard !outputs.isEmpty else {
            throw VireoError(
                .malformedFile, "the graph has no output that an input reaches",
                remedy: "name the output with --output; vireo summarize lists the graph's nodes")
        }
        let needed = try GraphBoundary.neededNodes(graph, inputs, outputs)
        self.inputs = inputs.filter { input in
            needed.readers.contains(input.tensor) || options.inputs.contains { $0.place.node == input.requestedName }
        }
        self.outputs = outputs
        nodes = needed.nodes
        try GraphBoundary.checkSupport(nodes, options)
    }

    /// The inputs that one item of `--input` stands for.
    private static func inputs(_ specification: InputSpecification, _ graph: GraphDef) throws(VireoError) -> [Input] {
        let place = specification.place
        guard let node = graph[place.node] else { throw unknownNode(place.node, "--input") }
        if node.op == "Placeholder" {
            guard place.port == .whole || place.port == .output(0) else {
                throw VireoError(
                    .invalidArgument, "\"\(node.name)\" is a Placeholder and has no input port",
                    remedy: "name it without a port", faq: 28)
            }
            return [
                Input(
                    requestedName: node.name, name: node.name, tensor: TensorRef(node.name), reader: nil,
                    specification: specification, placeholder: node)
            ]
        }
        func input(port: Int) throws(VireoError) -> Input {
            guard node.inputs.indices.contains(port) else {
                throw VireoError(
                    .invalidArgument, "\"\(node.name)\" has \(node.inputs.count) inputs, and port \(port) is asked for",
                    faq: 29)
            }
            return Input(
                requestedName: node.name, name: "\(node.name)/placeholder_port_\(port)", tensor: node.inputs[port],
                reader: (node.name, port), specification: specification, placeholder: nil)
        }
        switch place.port {
        case .output(let port):
            return [
                Input(
                    requestedName: node.name, name: "\(node.name)/placeholder_out_port_\(port)",
                    tensor: TensorRef(node.name, port: port), reader: nil, specification: specification,
                    placeholder: nil)
            ]
        case .input(let port): return [try input(port: port)]
        case .whole:
            var found: [Input] = []
            for port in node.inputs.indices where !isConstant(node.inputs[port].node, graph) {
                found.append(try input(port: port))
            }
            guard found.count == 1 || specification.shape == nil else {
                throw VireoError(
                    .invalidArgument,
                    "\"\(node.name)\" has \(found.count) inputs that are not constant, and one shape is given",
                    remedy: "name the port, as in 0:\(node.name)", faq: 30)
            }
            return found
        }
    }

    /// Whether the node gives a value that does not depend on the graph's inputs: a Const, or a name for one.
    private static func isConstant(_ name: String, _ graph: GraphDef) -> Bool {
        var node = graph[name]
        var steps = 0
        while let current = node, steps < 64 {
            if current.op == "Const" { return true }
            guard current.op == "Identity", let input = current.inputs.first else { return false }
            node = graph[input.node]
            steps += 1
        }
        return false
    }

    private static func outputs(_ places: [PortSpecification], _ graph: GraphDef) throws(VireoError) -> [TensorRef] {
        var outputs: [TensorRef] = []
        for place in places {
            guard let node = graph[place.node] else { throw unknownNode(place.node, "--output") }
            switch place.port {
            case .whole: outputs.append(TensorRef(node.name))
            case .output(let port): outputs.append(TensorRef(node.name, port: port))
            case .input(let port):
                guard node.inputs.indices.contains(port) else {
                    throw VireoError(
                        .invalidArgument,
                        "\"\(node.name)\" has \(node.inputs.count) inputs, and port \(port) is asked for",
                        faq: 29)
                }
                outputs.append(node.inputs[port])
            }
        }
        return outputs
    }

    /// Nodes without readers that an input reaches.
    private static func defaultOutputs(_ graph: GraphDef, _ inputs: [Input]) throws(VireoError) -> [TensorRef] {
        let consumers = graph.consumers()
        var reached = [Bool](repeating: false, count: graph.nodes.count)
        var pending = inputs.compactMap { graph.index(of: $0.reader?.node ?? $0.tensor.node) }
        while let index = pending.popLast() {
            guard !reached[index] else { continue }
            reached[index] = true
            pending += consumers[index]
        }
        let bookkeeping: Set = ["Const", "Assign", "NoOp", "Placeholder", "Assert", "Print"]
        return graph.nodes.indices
            .filter { reached[$0] && consumers[$0].isEmpty && !bookkeeping.contains(graph.nodes[$0].op) }
            .map { TensorRef(graph.nodes[$0].name) }
    }

    private static func neededNodes(
        _ graph: GraphDef, _ inputs: [Input], _ outputs: [TensorRef]
    ) throws(VireoError) -> (nodes: [NodeDef], readers: Set<TensorRef>) {
        let replaced = Set(inputs.filter { $0.reader == nil }.map(\.tensor))
        let cutPorts = Set(inputs.compactMap { input in input.reader.map { TensorRef($0.node, port: $0.port) } })
        var needed: Set<String> = []
        var seen: Set<TensorRef> = []
        var pending = outputs
        while let tensor = pending.popLast() {
            guard seen.insert(tensor).inserted, !replaced.contains(tensor) else { continue }
            guard let node = graph[tensor.node] else {
                throw VireoError(.malformedFile, "the graph reads \"\(tensor)\", and has no such node")
            }
            guard node.op != "Placeholder" else {
                throw VireoError(
                    .invalidArgument, "the output depends on the Placeholder \"\(node.name)\", which is no input",
                    remedy: "add \(node.name) to --input", faq: 27)
            }
            guard needed.insert(node.name).inserted else { continue }
            for (port, input) in node.inputs.enumerated() {
                if cutPorts.contains(TensorRef(node.name, port: port)) {
                    seen.insert(input)
                } else {
                    pending.append(input)
                }
            }
        }
        return (try graph.topologicallySorted().filter { needed.contains($0.name) }, seen)
    }

    /// - Throws: one error that lists every operation without a translator.
    private static func checkSupport(_ nodes: [NodeDef], _ options: ConversionOptions) throws(VireoError) {
        let unsupported = nodes.filter {
            TensorFlowOperations.table[$0.op] == nil && options.customConversions[$0.op] == nil
        }
        guard !unsupported.isEmpty else { return }
        let byOperation = Dictionary(grouping: unsupported, by: \.op).sorted { $0.key < $1.key }
        let lines = byOperation.flatMap { operation, nodes in
            ["    \(operation) (\(nodes.count))"] + nodes.prefix(20).map { "        \($0.name)" }
                + (nodes.count > 20 ? ["        and \(nodes.count - 20) more"] : [])
        }
        throw VireoError(
            .unsupported, (["these operations cannot be converted:"] + lines).joined(separator: "\n"),
            remedy: isOfDetectionAPI(nodes)
                ? "this is a model of TensorFlow's Object Detection API: give the pipeline.config that lies beside it with "
                    + "--tensorflow_object_detection_api_pipeline_config, and where the Model Optimizer has a file for its "
                    + "kind, such as ssd_v2_support.json, that file with --transformations_config"
                : "cut them off with --input or --output, or give a plugin that has them with --extensions",
            faq: 24)
    }

    /// Whether the nodes have the loops of the Object Detection API's preprocessor and postprocessor.
    private static func isOfDetectionAPI(_ nodes: [NodeDef]) -> Bool {
        nodes.contains {
            $0.name.hasPrefix("Preprocessor/map/") || $0.name.contains("BatchMultiClassNonMaxSuppression/")
        }
    }

    private static func unknownNode(_ name: String, _ flag: String) -> VireoError {
        VireoError(
            .invalidArgument, "\(flag): the graph has no node \"\(name)\"",
            remedy: "list the graph's inputs and outputs with vireo summarize", faq: 26)
    }
}
