import VireoTensor

extension GraphDef {
    /// The graph with some Placeholders replaced by constants, cast to the Placeholder's type.
    /// - Throws: `invalidArgument` for a name that is no Placeholder, or a number of values that does not fill its
    ///   shape.
    func freezingPlaceholders(_ values: [String: [Double]]) throws(VireoError) -> GraphDef {
        guard !values.isEmpty else { return self }
        var replacements: [String: NodeDef] = [:]
        for (name, numbers) in values {
            guard let node = self[name] else {
                throw VireoError(
                    .invalidArgument, "--freeze_placeholder_with_value: the graph has no node \"\(name)\"", faq: 26)
            }
            guard node.op == "Placeholder" || node.op == "PlaceholderWithDefault" else {
                throw VireoError(
                    .invalidArgument, "--freeze_placeholder_with_value: \"\(name)\" is a \(node.op), not a Placeholder")
            }
            replacements[name] = try node.constant(GraphDef.tensor(numbers, for: node))
        }
        return try rewritten(replacing: replacements)
    }

    private static func tensor(_ numbers: [Double], for node: NodeDef) throws(VireoError) -> Tensor {
        let dataType = try node.type("dtype", default: .float)
        guard let elementType = dataType.elementType, elementType != .string else {
            throw VireoError(.unsupported, "a value for a Placeholder of type \(dataType)", in: [node.place])
        }
        let declared = try node.shape("shape", default: .unranked)
        if let shape = declared.shape {
            guard shape.elementCount == numbers.count || numbers.count == 1 else {
                throw VireoError(.invalidArgument, "\(numbers.count) values for shape \(shape)", in: [node.place])
            }
            let filled = numbers.count == 1 ? [Double](repeating: numbers[0], count: shape.elementCount) : numbers
            return try Tensor(elementType, shape, values: filled)
        }
        return try Tensor(elementType, numbers.count == 1 ? .scalar : [numbers.count], values: numbers)
    }
}
