import VireoTensor

/// Without `--output`, the losses, gradients, optimizers, summaries and savers of a training graph would pass for its
/// outputs. They are cut off, with all that only they read.
struct CutTrainingLeftovers: GraphCleanup {
    func apply(to graph: GraphDef, _ options: ConversionOptions, notes: inout [String]) throws -> GraphDef {
        guard options.outputs.isEmpty, graph.nodes.contains(where: { isTraining($0.op) }) else { return graph }
        // Who reads values: to wait for an update is no reason to go with it.
        var readers = [[Int]](repeating: [], count: graph.nodes.count)
        for (index, node) in graph.nodes.enumerated() {
            for producer in Set(node.inputs.compactMap({ graph.index(of: $0.node) })) {
                readers[producer].append(index)
            }
        }
        var removed = [Bool](repeating: false, count: graph.nodes.count)
        // Forwards: what is made of a loss, a gradient or an update.
        var pending = graph.nodes.indices.filter { isTraining(graph.nodes[$0].op) || isGradient(graph.nodes[$0].name) }
        while let index = pending.popLast() {
            guard !removed[index] else { continue }
            removed[index] = true
            pending += readers[index]
        }
        // Backwards: what only those read.
        let kept = predictions(graph)
        for node in try graph.topologicallySorted().reversed() {
            guard let index = graph.index(of: node.name), !removed[index], !kept.contains(index),
                !readers[index].isEmpty
            else { continue }
            removed[index] = readers[index].allSatisfy { removed[$0] }
        }
        let names = Set(graph.nodes.indices.filter { removed[$0] }.map { graph.nodes[$0].name })
        return try graph.rewritten(removing: names)
    }

    /// The nodes that were watched with a histogram or went into a loss, and are no gradients: a network's results are
    /// among them.
    private func predictions(_ graph: GraphDef) -> Set<Int> {
        var found: Set<Int> = []
        for node in graph.nodes {
            let watched: TensorRef?
            switch node.op {
            case "HistogramSummary": watched = node.inputs.last
            case _ where CutTrainingLeftovers.losses.contains(node.op): watched = node.inputs.first
            default: watched = nil
            }
            guard let watched, let origin = graph.origin(of: watched), !isGradient(origin.name),
                !["Const", "VariableV2", "VarHandleOp", "Variable"].contains(origin.op),
                let index = graph.index(of: origin.name)
            else { continue }
            found.insert(index)
        }
        return found
    }

    private static let losses: Set = [
        "SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits", "L2Loss", "CTCLoss",
    ]

    private func isTraining(_ op: String) -> Bool {
        CutTrainingLeftovers.losses.contains(op) || op.hasSuffix("Summary") || op.hasSuffix("SummaryV2")
            || [
                "Apply", "ResourceApply", "SparseApply", "Assign", "Save", "Restore", "QueueEnqueue", "QueueClose",
                "NoOp",
            ]
            .contains { op.hasPrefix($0) }
    }

    private func isGradient(_ name: String) -> Bool {
        name.hasPrefix("gradients/") || name.contains("/gradients/")
    }
}
