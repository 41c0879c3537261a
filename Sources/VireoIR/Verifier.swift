import VireoTensor

extension Model {
    /// Checks what every pass must keep: edges name existing outputs, the graph has no cycle, names are unique, results
    /// exist, and each recorded type is what inference says.
    /// - Throws: `internalError` with the first violation.
    public func verify() throws(VireoError) {
        func violated(_ rule: String) -> VireoError {
            VireoError(.internalError, "the model \"\(name)\" is malformed: \(rule)")
        }
        var seen: Set<String> = []
        for node in nodes {
            guard seen.insert(node.name).inserted else { throw violated("two nodes are named \"\(node.name)\"") }
            for (index, input) in node.inputs.enumerated() {
                guard contains(input.node), self[input.node].outputs.indices.contains(input.index) else {
                    throw violated("input \(index) of \(node.label) is no output")
                }
                guard uses(of: input).contains(Use(node.id, index)) else {
                    throw violated("input \(index) of \(node.label) is not among the uses of its producer")
                }
            }
        }
        guard !results.isEmpty else { throw violated("it has no result") }
        for node in nodes {
            for body in node.bodies {
                do {
                    try body.check()
                    try body.check(inputCount: node.inputs.count)
                    try body.model.verify()
                } catch {
                    throw error.adding(context: "body of \(node.label)")
                }
            }
        }
        var fresh = self
        _ = try topologicalOrder()
        try fresh.inferTypes()
        for node in nodes {
            let inferred = fresh[node.id].outputs.map(\.type)
            guard node.outputs.map(\.type) == inferred else {
                throw violated(
                    "\(node.label) is recorded as \(node.outputs.map(\.type)), and inference says \(inferred)")
            }
        }
    }
}
