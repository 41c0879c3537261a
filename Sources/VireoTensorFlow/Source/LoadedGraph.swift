import VireoTensor

/// A graph as a `ModelSource` gives it.
public struct LoadedGraph: Sendable {
    /// The whole graph, what only training needs included.
    public let graph: GraphDef
    /// What its author exported as inputs and outputs, where the form has that.
    public let signature: Signature?

    public init(graph: GraphDef, signature: Signature? = nil) {
        self.graph = graph
        self.signature = signature
    }

    /// The outputs of the signature that no other one is computed from, as a graph's own outputs are those that nothing
    /// reads; empty without a signature.
    public var outputs: [TensorRef] {
        var outputs: [TensorRef] = []
        for port in signature?.outputs ?? [] where !outputs.contains(port.tensor) { outputs.append(port.tensor) }
        let needed = Dictionary(
            Set(outputs.map(\.node)).map { ($0, (try? graph.pruned(to: [$0])) ?? graph) },
            uniquingKeysWith: { first, _ in first })
        return outputs.filter { output in
            !needed.contains { node, part in node != output.node && part[output.node] != nil }
        }
    }

    /// The options with the signature's inputs and outputs where they name none.
    public func completing(_ options: ConversionOptions) -> ConversionOptions {
        guard let signature else { return options }
        var options = options
        if options.outputs.isEmpty { options.outputs = outputs.map { PortSpecification($0.node, .output($0.port)) } }
        // Placeholders are found without being named; only other tensors need to be cut.
        let isCut = signature.inputs.contains { graph[$0.tensor.node]?.op != "Placeholder" }
        if options.inputs.isEmpty, isCut {
            options.inputs = signature.inputs.map { port in
                InputSpecification(
                    PortSpecification(port.tensor.node, .output(port.tensor.port)), elementType: port.type.elementType)
            }
        }
        return options
    }

    /// The part of the graph that `outputs` need, free of wishes about devices and of notes that were true of handles:
    /// what a frozen graph's file holds.
    /// - Throws: `invalidArgument` for an output that is no node of the graph.
    public func frozen(outputs: [String]) throws(VireoError) -> GraphDef {
        let needed = try graph.pruned(to: outputs)
        let nodes = needed.nodes.map { node in
            NodeDef(
                node.name, op: node.op, inputs: node.inputs, controlInputs: node.controlInputs,
                attributes: node.attributes.filter { $0.key != "_class" && $0.key != "_output_shapes" })
        }
        return try GraphDef(nodes: nodes, producer: graph.producer)
    }

    /// The names of the nodes that give the model's outputs: those of the signature, else the graph's own that an input
    /// reaches.
    public var outputNames: [String] {
        var names: [String] = []
        for output in outputs where !names.contains(output.node) { names.append(output.node) }
        return names.isEmpty ? GraphSummary(graph).reachedOutputs : names
    }
}
