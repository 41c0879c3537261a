import VireoTensor

/// A loop of TensorFlow 1, a frame of Enter, Merge, Switch, NextIteration and Exit nodes, becomes a While, whose
/// condition and body are functions (Yu et al., Dynamic Control Flow in Large-Scale Machine Learning,
/// https://arxiv.org/abs/1805.01772). Inner loops become part of the functions of outer ones.
struct FunctionalizeLoops: GraphCleanup {
    func apply(to graph: GraphDef, _ options: ConversionOptions, notes: inout [String]) throws -> GraphDef {
        let loops = LoopFrame.all(in: graph).compactMap { $0.functionalized(graph) }
        return try graph.adding(loops.flatMap(\.functions)).rewritten(
            replacing: loops.reduce(into: [:]) { $0.merge($1.exits) { first, _ in first } },
            removing: loops.reduce(into: []) { $0.formUnion($1.removed) }, adding: loops.map(\.node))
    }
}

/// A loop as a While, and the nodes that it takes the place of.
private struct FunctionalLoop {
    let node: NodeDef
    let functions: [FunctionDef]
    /// What stands for each Exit.
    let exits: [String: NodeDef]
    let removed: Set<String>
}

/// The nodes that steer one loop.
private struct LoopFrame {
    /// A value that changes from iteration to iteration.
    struct Variable {
        let start: TensorRef
        let merge: String
        let next: TensorRef
        let switches: [String]
        let exits: [String]
    }

    /// A value from outside that every iteration reads.
    struct Invariant {
        let enter: String
        let value: TensorRef
    }

    let name: String
    private var variables: [Variable] = []
    private var invariants: [Invariant] = []
    /// The nodes of the frame that steer it.
    private var steering: Set<String> = []
    private var condition: TensorRef?

    /// The frames whose nodes fit together.
    static func all(in graph: GraphDef) -> [LoopFrame] {
        let enters = graph.nodes.filter { ControlFlowOperation($0) == .enter }
        guard !enters.isEmpty else { return [] }
        let consumers = graph.consumers()
        let frames = Dictionary(grouping: enters) { (try? $0.string("frame_name")) ?? "" }
        return frames.sorted { $0.key < $1.key }.compactMap { LoopFrame($0.key, $0.value, graph, consumers) }
    }

    private init?(_ name: String, _ enters: [NodeDef], _ graph: GraphDef, _ consumers: [[Int]]) {
        self.name = name
        func readers(_ node: NodeDef, _ operation: ControlFlowOperation) -> [NodeDef] {
            let positions = graph.index(of: node.name).map { Set(consumers[$0]).sorted() } ?? []
            return positions.map { graph.nodes[$0] }.filter { reader in
                ControlFlowOperation(reader) == operation && reader.inputs.contains { $0.node == node.name }
            }
        }
        for enter in enters {
            guard let value = enter.inputs.first else { return nil }
            steering.insert(enter.name)
            guard let merge = readers(enter, .merge).first else {
                invariants.append(Invariant(enter: enter.name, value: value))
                continue
            }
            guard let last = merge.inputs.first(where: { $0.node != enter.name }), let back = graph[last.node],
                ControlFlowOperation(back) == .nextIteration, let next = back.inputs.first
            else { return nil }
            let switches = readers(merge, .switch)
            for node in switches where node.inputs.count == 2 {
                guard let loopCondition = graph[node.inputs[1].node],
                    ControlFlowOperation(loopCondition) == .loopCondition
                else { return nil }
                condition = loopCondition.inputs.first
                steering.insert(loopCondition.name)
            }
            let exits = switches.flatMap { readers($0, .exit) }
            steering.formUnion([merge.name, back.name] + switches.map(\.name))
            variables.append(
                Variable(
                    start: value, merge: merge.name, next: next, switches: switches.map(\.name),
                    exits: exits.map(\.name)))
        }
        if condition == nil || variables.isEmpty { return nil }
    }

    /// The loop as a While; nil as long as a loop or condition inside of it is no function.
    func functionalized(_ graph: GraphDef) -> FunctionalLoop? {
        guard let condition else { return nil }
        let arguments = (0..<variables.count + invariants.count).map { "argument_\($0)" }
        var names: [TensorRef: String] = [:]
        for (variable, argument) in zip(variables, arguments) {
            names[TensorRef(variable.merge)] = argument
            for name in variable.switches { names[TensorRef(name, port: 1)] = argument }
        }
        for (invariant, argument) in zip(invariants, arguments.dropFirst(variables.count)) {
            names[TensorRef(invariant.enter)] = argument
        }
        let next = variables.map(\.next) + invariants.map { TensorRef($0.enter) }
        let functions = [("cond", [condition]), ("body", next)].map { key, results in
            graph.function(named: "\(name)/\(key)", arguments: arguments, results: results) { names[$0] }
        }
        guard let test = functions[0], let body = functions[1] else { return nil }

        var loopName = name
        while graph[loopName] != nil { loopName += "_loop" }
        let loop = NodeDef(
            loopName, op: "While", inputs: variables.map(\.start) + invariants.map(\.value),
            attributes: [
                "cond": .function(name: test.name, attributes: [:]),
                "body": .function(name: body.name, attributes: [:]),
            ])
        var results: [String: NodeDef] = [:]
        for (port, variable) in variables.enumerated() {
            for exit in variable.exits { results[exit] = graph[exit]?.identity(of: TensorRef(loopName, port: port)) }
        }
        return FunctionalLoop(
            node: loop, functions: [test, body], exits: results, removed: inside(graph, except: Set(results.keys)))
    }

    /// The nodes of the loop: those that steer it, and what is computed from them inside.
    private func inside(_ graph: GraphDef, except exits: Set<String>) -> Set<String> {
        let consumers = graph.consumers()
        var removed: Set<String> = []
        var pending = Array(steering)
        while let name = pending.popLast() {
            guard !exits.contains(name), removed.insert(name).inserted, let index = graph.index(of: name) else {
                continue
            }
            pending += consumers[index].map { graph.nodes[$0].name }
        }
        return removed
    }
}
