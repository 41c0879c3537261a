import VireoTensor

/// One rewriting of a TensorFlow graph that keeps what it computes for inference.
protocol GraphCleanup: Sendable {
    /// - Parameter notes: gets a line for what the user should know.
    func apply(to graph: GraphDef, _ options: ConversionOptions, notes: inout [String]) throws -> GraphDef
}

/// What is done to every graph before it is converted, without being asked.
enum GraphCleanups {
    private static let rewritings: [any GraphCleanup] = [
        FreezeTrainingPlaceholders(),
        ResolveKnownConditions(),
        PruneKnownBranches(),
        UseMovingStatistics(),
        RemoveDropout(),
        FindQueueInput(),
    ]

    /// The graph of the inference, and a line for each thing that the user should know.
    static func run(on original: GraphDef, _ options: ConversionOptions) throws -> (graph: GraphDef, notes: [String]) {
        var notes: [String] = []
        var graph = original
        for rewriting in rewritings { graph = try rewriting.apply(to: graph, options, notes: &notes) }
        let named = Set((options.outputs + options.inputs.map(\.place)).map(\.node))
        graph = try graph.removingOrphans(of: original, keeping: named)
        graph = try CutTrainingLeftovers().apply(to: graph, options, notes: &notes)
        return (try functionalized(graph, options, keeping: named), notes)
    }

    /// The graph with its loops and conditions as functions, from the innermost ones outwards.
    private static func functionalized(
        _ original: GraphDef, _ options: ConversionOptions, keeping named: Set<String>
    ) throws -> GraphDef {
        var graph = original
        var notes: [String] = []
        func merges() -> Int { graph.nodes.count { ControlFlowOperation($0) == .merge } }
        var count = Int.max
        while case let left = merges(), left > 0, left < count {
            count = left
            graph = try FunctionalizeConditions().apply(to: graph, options, notes: &notes)
            graph = try FunctionalizeLoops().apply(to: graph, options, notes: &notes)
        }
        return count == .max ? graph : try graph.removingOrphans(of: original, keeping: named)
    }
}

extension GraphDef {
    /// The graph with some nodes replaced, others removed, and readers of some tensors reading others.
    ///
    /// Readers of removed nodes must be removed or redirected too; control inputs from removed nodes are dropped.
    func rewritten(
        replacing replacements: [String: NodeDef] = [:], redirecting redirections: [TensorRef: TensorRef] = [:],
        removing removed: Set<String> = [], adding added: [NodeDef] = []
    ) throws(VireoError) -> GraphDef {
        func target(_ tensor: TensorRef) -> TensorRef {
            var tensor = tensor
            var steps = 0
            while let next = redirections[tensor], steps <= redirections.count {
                tensor = next
                steps += 1
            }
            return tensor
        }
        let kept = nodes.filter { !removed.contains($0.name) }.map { node in
            (replacements[node.name] ?? node).with(inputs: target, controlInputs: { !removed.contains($0) })
        }
        return try GraphDef(nodes: kept + added, producer: producer, functions: functions)
    }

    /// The graph without the nodes that had readers in `original` and have none any more: they would pass for outputs.
    func removingOrphans(of original: GraphDef, keeping kept: Set<String>) throws(VireoError) -> GraphDef {
        var readerCounts: [String: Int] = [:]
        for input in nodes.flatMap(\.inputs) { readerCounts[input.node, default: 0] += 1 }
        let onceRead = Set(original.nodes.flatMap(\.inputs).map(\.node)).subtracting(kept)
        var removed: Set<String> = []
        var pending = nodes.map(\.name).filter { onceRead.contains($0) && readerCounts[$0] == nil }
        while let name = pending.popLast() {
            guard removed.insert(name).inserted, let node = self[name] else { continue }
            for input in node.inputs {
                readerCounts[input.node, default: 0] -= 1
                if readerCounts[input.node] == 0, onceRead.contains(input.node) { pending.append(input.node) }
            }
        }
        return removed.isEmpty ? self : try rewritten(removing: removed)
    }

    /// The node that computes `tensor`, seen through operations that hand their input on.
    func origin(of tensor: TensorRef) -> NodeDef? {
        var node = self[tensor.node]
        var steps = 0
        while let current = node, GraphDef.handsOn.contains(current.op), let input = current.inputs.first, steps < 64 {
            node = self[input.node]
            steps += 1
        }
        return node
    }

    private static let handsOn: Set = [
        "Identity", "StopGradient", "Snapshot", "ReadVariableOp", "PreventGradient", "PlaceholderWithDefault",
    ]

    /// The one number that `tensor` always is: a Const's.
    func constantNumber(_ tensor: TensorRef) -> Double? {
        guard let node = origin(of: tensor), node.op == "Const", let value = try? node.tensor("value"),
            value.shape.shape?.elementCount == 1
        else { return nil }
        return try? value.tensor().doubles()[0]
    }
}

extension NodeDef {
    func with(inputs change: (TensorRef) -> TensorRef, controlInputs isKept: (String) -> Bool) -> NodeDef {
        NodeDef(
            name, op: op, inputs: inputs.map(change), controlInputs: controlInputs.filter(isKept), device: device,
            attributes: attributes)
    }

    /// An operation under the node's name that hands `tensor` on.
    func identity(of tensor: TensorRef) -> NodeDef { NodeDef(name, op: "Identity", inputs: [tensor]) }

    /// A Const under the node's name.
    func constant(_ tensor: Tensor) throws(VireoError) -> NodeDef {
        let value = try TensorProto(tensor)
        return NodeDef(name, op: "Const", attributes: ["value": .tensor(value), "dtype": .type(value.dataType)])
    }
}
