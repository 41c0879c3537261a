import VireoTensor

/// Batch normalization that was exported with is_training=True computes its statistics from the batch. For inference it
/// uses the moving mean and variance of its variable scope, which the training left in the graph.
struct UseMovingStatistics: GraphCleanup {
    func apply(to graph: GraphDef, _ options: ConversionOptions, notes: inout [String]) throws -> GraphDef {
        var replacements: [String: NodeDef] = [:]
        for node in graph.nodes where node.op.hasPrefix("FusedBatchNorm") && !node.op.contains("Grad") {
            guard try node.bool("is_training", default: true), node.inputs.count >= 5,
                let mean = statistic("moving_mean", input: 3, of: node, graph),
                let variance = statistic("moving_variance", input: 4, of: node, graph)
            else { continue }
            var attributes = node.attributes
            attributes["is_training"] = .bool(false)
            replacements[node.name] = NodeDef(
                node.name, op: node.op, inputs: Array(node.inputs.prefix(3)) + [mean, variance],
                controlInputs: node.controlInputs, device: node.device, attributes: attributes)
        }
        guard !replacements.isEmpty else { return graph }
        notes.append(
            "\(replacements.count) batch normalizations were exported with is_training=True: "
                + "their moving mean and variance are used")
        return try graph.rewritten(replacing: replacements)
    }

    private func statistic(_ name: String, input: Int, of node: NodeDef, _ graph: GraphDef) -> TensorRef? {
        if let origin = graph.origin(of: node.inputs[input]), origin.name.hasSuffix("/\(name)") {
            return node.inputs[input]
        }
        for scope in scopes(of: node, graph) {
            for candidate in ["\(scope)/\(name)/read", "\(scope)/\(name)/Read/ReadVariableOp", "\(scope)/\(name)"]
            where graph[candidate] != nil {
                return TensorRef(candidate)
            }
        }
        return nil
    }

    /// Where the variables of a batch normalization may be: beside gamma and beta, or in the scope of the node's name,
    /// which begins with the model's name once or twice.
    private func scopes(of node: NodeDef, _ graph: GraphDef) -> [String] {
        var scopes = [1, 2].compactMap { index in
            graph.origin(of: node.inputs[index]).map(\.name).flatMap { name in
                ["gamma", "beta"].contains { name.hasSuffix("/\($0)") } ? parent(name) : nil
            }
        }
        if let scope = parent(node.name) {
            scopes.append(scope)
            let parts = scope.split(separator: "/")
            if parts.count >= 2, parts[0] == parts[1] { scopes.append(parts.dropFirst().joined(separator: "/")) }
        }
        return scopes
    }

    private func parent(_ name: String) -> String? {
        name.lastIndex(of: "/").map { String(name[..<$0]) }
    }
}
