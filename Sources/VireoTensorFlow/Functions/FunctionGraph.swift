import VireoTensor

/// The nodes that a call of a function of the library stands for, with Placeholders for its arguments.
struct FunctionGraph {
    let arguments: [TensorRef]
    let results: [TensorRef]
    /// The nodes that the results need, in topological order, without the Placeholders.
    let nodes: [NodeDef]

    /// - Throws: `malformedFile` for what is no function of the library or has another number of arguments.
    init(
        _ function: AttrValue?, of library: [String: FunctionDef], argumentCount: Int, prefix: String
    ) throws(VireoError) {
        guard case .function(let name, _) = function, let function, let definition = library[name] else {
            throw VireoError(.malformedFile, "a function that it runs is not in the graph's library")
        }
        let arguments = (0..<argumentCount).map { TensorRef("\(prefix)/argument_\($0)") }
        let call = NodeDef(prefix, op: "PartitionedCall", inputs: arguments, attributes: ["f": function])
        let graph = try GraphDef(
            nodes: arguments.map { NodeDef($0.node, op: "Placeholder") } + [call], functions: library
        ).inliningFunctions()
        self.arguments = arguments
        results = definition.results.indices.map { TensorRef(prefix, port: $0) }
        nodes = try graph.pruned(to: [prefix]).topologicallySorted().filter { $0.op != "Placeholder" }
    }
}
