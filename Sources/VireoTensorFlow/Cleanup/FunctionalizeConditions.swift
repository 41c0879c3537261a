import VireoTensor

/// A condition of TensorFlow 1, a Merge of what was computed behind a Switch's two outputs, becomes an If, whose
/// branches are functions (Yu et al., Dynamic Control Flow in Large-Scale Machine Learning,
/// https://arxiv.org/abs/1805.01772).
struct FunctionalizeConditions: GraphCleanup {
    func apply(to graph: GraphDef, _ options: ConversionOptions, notes: inout [String]) throws -> GraphDef {
        guard graph.nodes.contains(where: { ControlFlowOperation($0) == .merge }) else { return graph }
        let indicesRead = Set(graph.nodes.flatMap(\.inputs).filter { $0.port == 1 }.map(\.node))
        let choices = graph.nodes.filter { !indicesRead.contains($0.name) }.compactMap { Choice($0, graph) }
        return try graph.adding(choices.flatMap(\.functions)).rewritten(
            replacing: Dictionary(choices.map { ($0.node.name, $0.node) }, uniquingKeysWith: { first, _ in first }))
    }
}

/// A Merge as an If.
private struct Choice {
    let node: NodeDef
    let functions: [FunctionDef]

    /// - Returns: nil for what is no such Merge, or one with loops or conditions inside that are no functions yet.
    init?(_ merge: NodeDef, _ graph: GraphDef) {
        guard ControlFlowOperation(merge) == .merge, merge.inputs.count == 2 else { return nil }
        let sides = merge.inputs.map { Side($0, graph) }
        guard let predicate = sides.compactMap(\.predicate).first, let origin = graph[predicate.node],
            ControlFlowOperation(origin) != .loopCondition,
            sides.allSatisfy({ $0.predicate == nil || $0.predicate == predicate }),
            let first = sides[0].isTrue ?? sides[1].isTrue.map({ !$0 }), sides[1].isTrue != first
        else { return nil }
        var names: [TensorRef: String] = [:]
        var data: [TensorRef] = []
        for node in Set(sides.flatMap(\.switches)).sorted() {
            guard let value = graph[node]?.inputs.first else { return nil }
            let place = data.firstIndex(of: value) ?? data.count
            if place == data.count { data.append(value) }
            for port in 0...1 { names[TensorRef(node, port: port)] = "argument_\(place)" }
        }
        let branches = first ? merge.inputs : merge.inputs.reversed()
        functions = zip(["then", "else"], branches).compactMap { key, result in
            graph.function(
                named: "\(merge.name)/\(key)", arguments: data.indices.map { "argument_\($0)" }, results: [result]
            ) { names[$0] }
        }
        guard functions.count == 2 else { return nil }
        node = NodeDef(
            merge.name, op: "If", inputs: [predicate] + data,
            attributes: [
                "then_branch": .function(name: functions[0].name, attributes: [:]),
                "else_branch": .function(name: functions[1].name, attributes: [:]),
            ])
    }
}

/// What one input of a Merge depends on, back to the Switches.
private struct Side {
    private(set) var switches: Set<String> = []
    private(set) var predicate: TensorRef?
    /// Whether it is computed when the predicate is true; nil when nothing says so.
    private(set) var isTrue: Bool?

    init(_ tensor: TensorRef, _ graph: GraphDef) {
        var seen: Set<TensorRef> = []
        var pending = [tensor]
        var waitsFor: [TensorRef] = []
        while let tensor = pending.popLast() {
            guard seen.insert(tensor).inserted, let node = graph[tensor.node] else { continue }
            if ControlFlowOperation(node) == .switch, node.inputs.count == 2 {
                switches.insert(node.name)
                take(tensor, node, graph)
            } else {
                pending += node.inputs
                waitsFor += node.controlInputs.map { TensorRef($0) }
            }
        }
        // A branch of constants waits for the Switch of the predicate, behind an Identity.
        for tensor in waitsFor where predicate == nil {
            guard let pivot = graph[tensor.node], let behind = pivot.inputs.first, let node = graph[behind.node],
                ControlFlowOperation(node) == .switch, node.inputs.count == 2
            else { continue }
            take(behind, node, graph)
        }
    }

    private mutating func take(_ tensor: TensorRef, _ node: NodeDef, _ graph: GraphDef) {
        var origin = node.inputs[1]
        var steps = 0
        while let pass = graph[origin.node], pass.op == "Identity", let input = pass.inputs.first, steps < 64 {
            origin = input
            steps += 1
        }
        predicate = origin
        isTrue = tensor.port == 1
    }
}
