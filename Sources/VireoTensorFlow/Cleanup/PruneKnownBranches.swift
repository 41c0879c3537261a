import VireoTensor

/// Where the predicate of a Switch is known, the branch that is not taken disappears, and the Merge hands on what is
/// left.
struct PruneKnownBranches: GraphCleanup {
    func apply(to graph: GraphDef, _ options: ConversionOptions, notes: inout [String]) throws -> GraphDef {
        guard graph.nodes.contains(where: { isSwitch($0) }) else { return graph }
        var redirections: [TensorRef: TensorRef] = [:]
        var replacements: [String: NodeDef] = [:]
        var deadTensors: Set<TensorRef> = []
        var removed: Set<String> = []
        func isDead(_ tensor: TensorRef) -> Bool { removed.contains(tensor.node) || deadTensors.contains(tensor) }
        let indicesRead = Set(graph.nodes.flatMap(\.inputs).filter { $0.port == 1 }.map(\.node))

        for node in try graph.topologicallySorted() {
            if isMerge(node) {
                let live = node.inputs.filter { !isDead($0) }
                if live.isEmpty {
                    removed.insert(node.name)
                } else if live.count == 1, node.inputs.count > 1, !indicesRead.contains(node.name) {
                    replacements[node.name] = node.identity(of: live[0])
                }
            } else if node.inputs.contains(where: isDead) || node.controlInputs.contains(where: removed.contains) {
                removed.insert(node.name)
            } else if isSwitch(node), node.inputs.count == 2, let value = graph.predicate(node.inputs[1]) {
                let (taken, other) = value ? (1, 0) : (0, 1)
                redirections[TensorRef(node.name, port: taken)] = node.inputs[0]
                deadTensors.insert(TensorRef(node.name, port: other))
            }
        }
        guard !redirections.isEmpty else { return graph }
        return try graph.rewritten(
            replacing: replacements, redirecting: redirections,
            removing: removed.union(redirections.keys.map(\.node)))
    }

    private func isSwitch(_ node: NodeDef) -> Bool { node.op == "Switch" || node.op == "RefSwitch" }
    private func isMerge(_ node: NodeDef) -> Bool { node.op == "Merge" || node.op == "RefMerge" }
}

extension GraphDef {
    /// What a boolean tensor always is; nil when it depends on the model's inputs.
    func predicate(_ tensor: TensorRef, depth: Int = 0) -> Bool? {
        guard depth < 64, let node = self[tensor.node] else { return nil }
        func input(_ index: Int) -> Bool? {
            node.inputs.indices.contains(index) ? predicate(node.inputs[index], depth: depth + 1) : nil
        }
        switch node.op {
        case "Const": return constantNumber(tensor).map { $0 != 0 }
        case "Identity", "StopGradient", "PlaceholderWithDefault", "Switch", "Squeeze", "Reshape": return input(0)
        case "LogicalNot": return input(0).map { !$0 }
        case "LogicalAnd":
            let (left, right) = (input(0), input(1))
            if left == false || right == false { return false }
            return left == true ? right : nil
        case "LogicalOr":
            let (left, right) = (input(0), input(1))
            if left == true || right == true { return true }
            return left == false ? right : nil
        default: return nil
        }
    }
}
