import VireoTensor

extension GraphDef {
    /// For each node, the positions in `nodes` of those that take a value from it or wait for it; one entry an edge.
    public func consumers() -> [[Int]] {
        var consumers = [[Int]](repeating: [], count: nodes.count)
        for (index, node) in nodes.enumerated() {
            for producer in producers(of: node) { consumers[producer].append(index) }
        }
        return consumers
    }

    /// The nodes with producers before consumers, otherwise as near to the file's order as that allows.
    ///
    /// A while loop's back edge, from NextIteration to Merge, does not count.
    /// - Throws: `malformedFile` naming the nodes of a cycle.
    public func topologicallySorted() throws(VireoError) -> [NodeDef] {
        var waitingFor = nodes.map { node in producers(of: node).count { !isBackEdge(from: $0, to: node) } }
        let consumers = consumers()
        var sorted: [Int] = []
        sorted.reserveCapacity(nodes.count)
        for start in nodes.indices where waitingFor[start] == 0 {
            var ready = [start]
            while let index = ready.popLast() {
                sorted.append(index)
                waitingFor[index] = -1
                for consumer in consumers[index].reversed() where !isBackEdge(from: index, to: nodes[consumer]) {
                    waitingFor[consumer] -= 1
                    if waitingFor[consumer] == 0, consumer < start { ready.append(consumer) }
                }
            }
        }
        guard sorted.count == nodes.count else { throw cycle(among: waitingFor) }
        return sorted.map { nodes[$0] }
    }

    /// The graph of the nodes that `outputs` need, control inputs included, in the file's order.
    /// - Throws: `invalidArgument` for an output that is no node of the graph.
    public func pruned(to outputs: [String]) throws(VireoError) -> GraphDef {
        var isNeeded = [Bool](repeating: false, count: nodes.count)
        var pending: [Int] = []
        for output in outputs {
            guard let index = index(of: output) else {
                throw VireoError(
                    .invalidArgument, "the graph has no node \"\(output)\"",
                    remedy: "list the graph's outputs with vireo summarize", faq: 26)
            }
            pending.append(index)
        }
        while let index = pending.popLast() {
            guard !isNeeded[index] else { continue }
            isNeeded[index] = true
            pending += producers(of: nodes[index])
        }
        return try GraphDef(
            nodes: nodes.indices.filter { isNeeded[$0] }.map { nodes[$0] }, producer: producer, functions: functions)
    }

    private func producers(of node: NodeDef) -> [Int] {
        (node.inputs.map(\.node) + node.controlInputs).compactMap(index(of:))
    }

    private func isBackEdge(from producer: Int, to consumer: NodeDef) -> Bool {
        nodes[producer].op.hasSuffix("NextIteration") && consumer.op.hasSuffix("Merge")
    }

    /// Walks backwards among the nodes that never became ready until one repeats.
    private func cycle(among waitingFor: [Int]) -> VireoError {
        var path: [Int] = []
        var seen: [Int: Int] = [:]
        var next = waitingFor.firstIndex { $0 > 0 }
        while let index = next, seen[index] == nil {
            seen[index] = path.count
            path.append(index)
            next = producers(of: nodes[index]).first {
                waitingFor[$0] > 0 && !isBackEdge(from: $0, to: nodes[index])
            }
        }
        let names = path.dropFirst(next.flatMap { seen[$0] } ?? 0).reversed().map { nodes[$0].name }
        let shown = names.prefix(10).map { "\"\($0)\"" } + (names.count > 10 ? ["..."] : [])
        return VireoError(
            .malformedFile, "the nodes \(shown.joined(separator: " -> ")) feed each other in a cycle")
    }
}
