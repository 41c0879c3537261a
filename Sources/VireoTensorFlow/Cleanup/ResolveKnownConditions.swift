import VireoTensor

/// An If whose condition is known becomes the nodes of the branch that it takes, as the exporter of TensorFlow 2 leaves
/// it for `is_training`. Branches may hold further such nodes.
struct ResolveKnownConditions: GraphCleanup {
    private static let deepest = 100

    func apply(to graph: GraphDef, _ options: ConversionOptions, notes: inout [String]) throws -> GraphDef {
        var graph = graph
        for _ in 0..<ResolveKnownConditions.deepest {
            var replacements: [String: NodeDef] = [:]
            for node in graph.nodes where ["If", "StatelessIf"].contains(node.op) {
                guard let condition = node.inputs.first, let value = graph.predicate(condition) else { continue }
                var attributes = node.attributes
                attributes["f"] = node.attributes[value ? "then_branch" : "else_branch"]
                replacements[node.name] = NodeDef(
                    node.name, op: "PartitionedCall", inputs: Array(node.inputs.dropFirst()),
                    controlInputs: node.controlInputs, device: node.device, attributes: attributes)
            }
            if replacements.isEmpty { return graph }
            graph = try graph.rewritten(replacing: replacements).inliningFunctions()
        }
        throw VireoError(.unsupported, "conditions are nested more than \(ResolveKnownConditions.deepest) deep")
    }
}
