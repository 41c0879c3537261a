import VireoTensor

/// Operations that steer TensorFlow 1's loops and conditions; references and values alike.
enum ControlFlowOperation: String {
    case enter = "Enter"
    case exit = "Exit"
    case nextIteration = "NextIteration"
    case loopCondition = "LoopCond"
    case merge = "Merge"
    case `switch` = "Switch"

    init?(_ node: NodeDef) {
        self.init(rawValue: node.op.hasPrefix("Ref") ? String(node.op.dropFirst(3)) : node.op)
    }
}

extension GraphDef {
    /// A part of the graph as a function: the nodes that `results` need, up to the tensors that are its arguments.
    /// - Parameter argument: the name of the argument that stands for a tensor; nil for what the function computes.
    /// - Returns: nil when the part holds loops or conditions that are no functions yet.
    func function(
        named name: String, arguments: [String], results: [TensorRef], argument: (TensorRef) -> String?
    ) -> FunctionDef? {
        var needed: Set<Int> = []
        var pending = results
        while let tensor = pending.popLast() {
            guard argument(tensor) == nil, let index = index(of: tensor.node), needed.insert(index).inserted else {
                continue
            }
            guard ControlFlowOperation(nodes[index]) == nil else { return nil }
            pending += nodes[index].inputs
        }
        func text(_ tensor: TensorRef) -> String {
            argument(tensor) ?? OutputPorts.text(tensor, of: self[tensor.node]?.op ?? "")
        }
        let body = needed.sorted().map { index in
            let node = nodes[index]
            return FunctionDef.BodyNode(
                node: NodeDef(node.name, op: node.op, device: node.device, attributes: node.attributes),
                inputs: node.inputs.map(text))
        }
        return FunctionDef(
            name: name, arguments: arguments, results: results.map(text),
            resultTypes: results.map { _ in DataType.invalid }, body: body)
    }

    /// The graph with more functions in its library.
    func adding(_ functions: [FunctionDef]) throws(VireoError) -> GraphDef {
        var library = self.functions
        for function in functions { library[function.name] = function }
        return try GraphDef(nodes: nodes, producer: producer, functions: library)
    }
}
