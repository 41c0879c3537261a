import VireoTensor

/// Under which names a graph saves its variables: its Save operations list them beside what they save.
struct SavedNames {
    /// The names by the node of the variable. Several savers may give several.
    private(set) var names: [String: [String]] = [:]

    /// Save operations, with the first of their inputs that is a variable.
    private static let firstVariable = ["SaveV2": 3, "SaveSlices": 3, "Save": 2]

    init(_ graph: GraphDef) {
        for node in graph.nodes {
            guard let first = SavedNames.firstVariable[node.op], node.inputs.count >= first,
                let saved = SavedNames.strings(node.inputs[1], graph)
            else { continue }
            for (name, input) in zip(saved, node.inputs.dropFirst(first)) {
                if let variable = SavedNames.variable(behind: input, graph) {
                    names[variable, default: []].append(name)
                }
            }
        }
    }

    private static func strings(_ tensor: TensorRef, _ graph: GraphDef) -> [String]? {
        guard let node = graph[tensor.node], node.op == "Const" else { return nil }
        return try? node.tensor("value").strings().map { String(decoding: $0, as: UTF8.self) }
    }

    /// The variable that a tensor is the value of.
    private static func variable(behind tensor: TensorRef, _ graph: GraphDef) -> String? {
        var tensor = tensor
        for _ in 0..<64 {
            guard let node = graph[tensor.node] else { return nil }
            if VariableKind(node.op) != nil { return node.name }
            switch node.op {
            case "Identity", "ReadVariableOp":
                guard let input = node.inputs.first else { return nil }
                tensor = input
            case "IdentityN":
                guard node.inputs.indices.contains(tensor.port) else { return nil }
                tensor = node.inputs[tensor.port]
            default: return nil
            }
        }
        return nil
    }
}

/// How a graph holds a variable.
enum VariableKind {
    /// The node gives a reference to the value.
    case reference
    /// The node gives a handle, which other operations read through.
    case resource

    init?(_ operation: String) {
        switch operation {
        case "Variable", "VariableV2": self = .reference
        case "VarHandleOp": self = .resource
        default: return nil
        }
    }
}
