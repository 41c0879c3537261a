import VireoPluginKit

/// For each value the grid that every reader rounds it to first, so that the kernel which computes it may do it at
/// once.
///
/// FakeQuantize nodes ask for it; operations that only move or select numbers pass it on to what they read:
/// rounding commutes with them.
struct Rounding {
    private var grids: [Grid?]

    init(in graph: GraphView) {
        grids = [Grid?](repeating: nil, count: graph.values.count)
        var wishes = [Grid?](repeating: nil, count: graph.nodes.count)
        for node in graph.nodes.reversed() {
            for output in node.outputs { grids[output] = shared(output, wishes, graph) }
            if node.opType == "FakeQuantize" {
                wishes[node.index] = try? Grid(of: node, in: graph)
            } else if Rounding.commutes(node), let output = node.outputs.first, let grid = grids[output],
                grid.isPerTensor, node.outputs.allSatisfy({ grids[$0] == grid || !isUsed($0, in: graph) })
            {
                wishes[node.index] = grid
            }
        }
        for input in graph.inputs { grids[input] = shared(input, wishes, graph) }
    }

    private func shared(_ value: Int, _ wishes: [Grid?], _ graph: GraphView) -> Grid? {
        guard let first = graph.values[value].consumers.first, let grid = wishes[first],
            !graph.values[value].isGraphOutput,
            graph.values[value].consumers.allSatisfy({ wishes[$0] == grid })
        else { return nil }
        return grid
    }

    /// No value is rounded early.
    static let none = Rounding()

    private init() { grids = [] }

    subscript(value: Int) -> Grid? { grids.isEmpty ? nil : grids[value] }

    /// Whether any value may be held as integers.
    var isEmpty: Bool { !grids.contains { $0 != nil } }

    /// Whether the node gives back some of its first input's numbers (or, for Concat, of all inputs').
    static func commutes(_ node: NodeView) -> Bool {
        ["Concat", "MaxPool", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Split", "VariadicSplit"]
            .contains(node.opType)
    }
}

extension GraphView {
    /// The nodes in an order in which a sum's rounded operand comes first, so that the kernel which computes the other
    /// can add it.
    func orderForSums(_ rounding: Rounding) -> [NodeView] {
        if rounding.isEmpty { return nodes }
        var order: [NodeView] = []
        var isVisited = [Bool](repeating: false, count: nodes.count)
        var stack: [(node: Int, isExpanded: Bool)] = nodes.indices.reversed().filter { node in
            nodes[node].outputs.contains { values[$0].isGraphOutput || values[$0].consumers.isEmpty }
        }.map { ($0, false) }
        while let (node, isExpanded) = stack.popLast() {
            if isExpanded {
                order.append(nodes[node])
                continue
            }
            if isVisited[node] { continue }
            isVisited[node] = true
            stack.append((node, true))
            let producers = nodes[node].inputs.compactMap { $0 >= 0 ? values[$0].producer : nil }
            let first = nodes[node].opType == "Add" ? producers.filter { nodes[$0].opType == "FakeQuantize" } : []
            for producer in producers.reversed() + first where !isVisited[producer] { stack.append((producer, false)) }
        }
        return order
    }
}
