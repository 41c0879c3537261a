import VireoTensor

/// The inputs and outputs of a graph as `summarize_graph` understood them.
public struct GraphSummary: Sendable {
    public struct Input: Sendable {
        public let name: String
        public let type: DataType
        public let shape: PartialShape

        fileprivate init(name: String, type: DataType, shape: PartialShape) {
            self.name = name
            self.type = type
            self.shape = shape
        }

        fileprivate init(_ placeholder: NodeDef) {
            self.init(
                name: placeholder.name, type: (try? placeholder.type("dtype")) ?? .invalid,
                shape: (try? placeholder.shape("shape", default: .unranked)) ?? .unranked)
        }

        /// `(-1,224,224,3)`, or `<unknown>` for an unknown rank.
        public var shapeText: String {
            guard let dimensions = shape.dimensions else { return "<unknown>" }
            return "(" + dimensions.map { $0.value.map(String.init) ?? "-1" }.joined(separator: ",") + ")"
        }
    }

    /// The Placeholders.
    public let inputs: [Input]
    /// Operations without readers that are no bookkeeping, by their type or the last part of their name.
    public let outputs: [String]
    /// The outputs that depend on an input; all of them where none does.
    public let reachedOutputs: [String]
    /// How often each operation appears.
    public let operations: [String: Int]
    /// How many numbers the weights are: the elements of the floating-point constants that have a dimension, hold more
    /// than one value over and over, and that the reached outputs need.
    public let parameterCount: Int

    /// The summary of a graph, and of what a signature names as its inputs and outputs where there is one.
    public init(_ loaded: LoadedGraph) throws(VireoError) {
        guard let signature = loaded.signature, !signature.outputs.isEmpty else {
            self.init(loaded.graph)
            return
        }
        let needed = try loaded.graph.pruned(to: signature.outputs.map(\.tensor.node))
        let summary = GraphSummary(needed)
        let inputs = signature.inputs.map { port in
            let node = needed[port.tensor.node].flatMap { $0.op == "Placeholder" ? $0 : nil }
            return node.map(Input.init) ?? Input(name: port.tensor.description, type: port.type, shape: port.shape)
        }
        self.init(
            inputs: inputs.isEmpty ? summary.inputs : inputs, outputs: loaded.outputNames,
            reachedOutputs: loaded.outputNames, operations: summary.operations, parameterCount: summary.parameterCount)
    }

    private init(
        inputs: [Input], outputs: [String], reachedOutputs: [String], operations: [String: Int], parameterCount: Int
    ) {
        self.inputs = inputs
        self.outputs = outputs
        self.reachedOutputs = reachedOutputs
        self.operations = operations
        self.parameterCount = parameterCount
    }

    public init(_ graph: GraphDef) {
        inputs = graph.nodes.filter { $0.op == "Placeholder" }.map(Input.init)
        let consumers = graph.consumers()
        let bookkeeping: Set = ["Const", "Assign", "NoOp", "Placeholder", "Assert"]
        outputs = graph.nodes.indices.filter { index in
            let node = graph.nodes[index]
            let lastPart = node.name.split(separator: "/").last.map(String.init) ?? node.name
            return consumers[index].isEmpty && !bookkeeping.contains(node.op) && !bookkeeping.contains(lastPart)
        }.map { graph.nodes[$0].name }
        operations = Dictionary(graph.nodes.map { ($0.op, 1) }, uniquingKeysWith: +)
        reachedOutputs = GraphSummary.reached(outputs, graph, consumers)
        let needed = (try? graph.pruned(to: reachedOutputs)) ?? graph
        parameterCount = needed.nodes.reduce(0) { $0 + GraphSummary.parameterCount(of: $1) }
    }

    private static func reached(_ outputs: [String], _ graph: GraphDef, _ consumers: [[Int]]) -> [String] {
        var isReached = [Bool](repeating: false, count: graph.nodes.count)
        var pending = graph.nodes.indices.filter { graph.nodes[$0].op == "Placeholder" }
        while let index = pending.popLast() {
            guard !isReached[index] else { continue }
            isReached[index] = true
            pending += consumers[index]
        }
        let reached = outputs.filter { name in graph.index(of: name).map { isReached[$0] } ?? false }
        return reached.isEmpty ? outputs : reached
    }

    private static func parameterCount(of node: NodeDef) -> Int {
        guard node.op == "Const", case .tensor(let value)? = node.attributes["value"],
            value.dataType.elementType?.isFloatingPoint == true, !value.repeatsOneValue, let shape = value.shape.shape,
            shape.rank > 0
        else { return 0 }
        return shape.elementCount
    }
}
