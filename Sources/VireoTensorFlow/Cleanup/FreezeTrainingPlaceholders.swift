import VireoTensor

/// A boolean Placeholder such as `is_training` that the user gives no value becomes False, whatever its default: an IR
/// is for inference.
struct FreezeTrainingPlaceholders: GraphCleanup {
    func apply(to graph: GraphDef, _ options: ConversionOptions, notes: inout [String]) throws -> GraphDef {
        var predicates: Set<String> = []
        for node in graph.nodes where ["Switch", "If", "StatelessIf"].contains(node.op) {
            guard let tensor = node.op == "Switch" ? node.inputs.last : node.inputs.first else { continue }
            if let origin = graph.origin(of: tensor) { predicates.insert(origin.name) }
        }
        var replacements: [String: NodeDef] = [:]
        for node in graph.nodes where node.op == "Placeholder" || node.op == "PlaceholderWithDefault" {
            guard try node.type("dtype", default: .float) == .bool else { continue }
            let defaultValue = node.inputs.first.flatMap { graph.constantNumber($0) }
            let isNamedSo = ["train", "phase"].contains { node.name.lowercased().contains($0) }
            guard isNamedSo || predicates.contains(node.name) else { continue }
            let specification = options.inputs.first { $0.place.node == node.name }
            if let value = specification?.value {
                replacements[node.name] = try node.constant(Tensor(.boolean, .scalar, values: Array(value.prefix(1))))
            } else if specification == nil, defaultValue != 0 {
                replacements[node.name] = try node.constant(Tensor(.boolean, .scalar, values: [0]))
                notes.append(
                    "the Placeholder \"\(node.name)\" is set to False; give it another value with "
                        + "--freeze_placeholder_with_value \"\(node.name)->True\"")
            }
        }
        return replacements.isEmpty ? graph : try graph.rewritten(replacing: replacements)
    }
}
