import VireoTensor

/// Dropout that was exported for training hands its input on.
///
/// Until TensorFlow 1.12: `x / keep_prob * floor(keep_prob + uniform)`; then `x * scale * cast(uniform >= rate)`, and
/// since 2.12 `select(uniform >= rate, x * scale, 0)`.
struct RemoveDropout: GraphCleanup {
    func apply(to graph: GraphDef, _ options: ConversionOptions, notes: inout [String]) throws -> GraphDef {
        guard graph.nodes.contains(where: { RemoveDropout.generators.contains($0.op) }) else { return graph }
        var replacements: [String: NodeDef] = [:]
        for node in graph.nodes {
            switch node.op {
            case "Mul" where node.inputs.count == 2:
                for (mask, data) in [(node.inputs[1], node.inputs[0]), (node.inputs[0], node.inputs[1])]
                where isMask(mask, ["Floor", "Cast"], graph) {
                    replacements[node.name] = node.identity(of: unscaled(data, graph))
                    break
                }
            case "SelectV2", "Select":
                guard node.inputs.count == 3, isMask(node.inputs[0], ["GreaterEqual", "Less"], graph),
                    graph.constantNumber(node.inputs[2]) == 0 || graph[node.inputs[2].node]?.op == "ZerosLike"
                else { continue }
                replacements[node.name] = node.identity(of: unscaled(node.inputs[1], graph))
            default: continue
            }
        }
        return replacements.isEmpty ? graph : try graph.rewritten(replacing: replacements)
    }

    private static let generators: Set = ["RandomUniform", "StatelessRandomUniform", "StatelessRandomUniformV2"]

    /// Whether a tensor is one of `operations` on nothing but uniform random numbers and constants.
    private func isMask(_ tensor: TensorRef, _ operations: Set<String>, _ graph: GraphDef) -> Bool {
        guard let node = graph.origin(of: tensor), operations.contains(node.op) else { return false }
        var pending = node.inputs
        var isRandom = false
        var steps = 0
        while let input = pending.popLast() {
            steps += 1
            guard steps < 64, let node = graph.origin(of: input) else { return false }
            switch node.op {
            case "Const": continue
            case _ where RemoveDropout.generators.contains(node.op): isRandom = true
            case "Add", "AddV2", "Sub", "Mul", "RealDiv", "Div", "GreaterEqual", "Less": pending += node.inputs
            default: return false
            }
        }
        return isRandom
    }

    /// What dropout divided by the probability to keep.
    private func unscaled(_ tensor: TensorRef, _ graph: GraphDef) -> TensorRef {
        guard let node = graph[tensor.node], node.inputs.count == 2 else { return tensor }
        switch node.op {
        case "RealDiv", "Div": return isConstant(node.inputs[1], graph) ? node.inputs[0] : tensor
        case "Mul":
            if isConstant(node.inputs[1], graph) { return node.inputs[0] }
            return isConstant(node.inputs[0], graph) ? node.inputs[1] : tensor
        default: return tensor
        }
    }

    /// Whether a tensor is one number made from constants.
    private func isConstant(_ tensor: TensorRef, _ graph: GraphDef, depth: Int = 0) -> Bool {
        if graph.constantNumber(tensor) != nil { return true }
        guard depth < 8, let node = graph.origin(of: tensor), ["RealDiv", "Div", "Sub"].contains(node.op) else {
            return false
        }
        return node.inputs.allSatisfy { isConstant($0, graph, depth: depth + 1) }
    }
}
