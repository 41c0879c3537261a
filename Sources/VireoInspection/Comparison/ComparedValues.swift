import VireoIR
import VireoRuntime
import VireoTensor

/// Which of a model's values a comparison looks at.
public enum ComparedValues: Sendable {
    /// Those that are in memory on both sides, so that the fused kernels are compared as they run.
    case stored
    /// Every one. Making a value an output keeps devices from fusing it away, so other kernels may run than usually do.
    case all
}

extension Model {
    /// The model for inputs of exactly these shapes, so that every other shape that follows from them is known.
    /// - Throws: `invalidArgument` when the model cannot take them.
    func fixed(to inputs: [Tensor]) throws -> Model {
        guard inputs.count == parameters.count else {
            throw VireoError(.invalidArgument, "\(inputs.count) tensors for \(parameters.count) inputs")
        }
        var model = self
        let open = zip(parameters, inputs).filter { !type(of: Output($0.0)).shape.isStatic }
        guard !open.isEmpty else { return self }
        try model.reshape(
            Dictionary(
                open.map { (self[$0].name, PartialShape($1.shape)) }, uniquingKeysWith: { first, _ in first }))
        return model
    }

    /// The values that nodes compute, in topological order: no inputs, no constants, nothing whose size is not known.
    /// What follows from constants alone, such as weights with their ranges, is not computed in a run and not listed.
    func computedValues() throws -> [Output] {
        var fixed: Set<NodeID> = []
        return try topologicalOrder().flatMap { id -> [Output] in
            let operation = self[id].operation
            let followsFromConstants =
                !(operation is Parameter) && self[id].inputs.allSatisfy { fixed.contains($0.node) }
            if operation is Constant || followsFromConstants { fixed.insert(id) }
            if operation is Parameter || operation is Result || fixed.contains(id) { return [] }
            return self[id].outputs.indices.map { Output(id, $0) }.filter { value in
                type(of: value).shape.isStatic && type(of: value).elementType.byteWidth != nil
                    && !uses(of: value).isEmpty
            }
        }
    }

    /// The model up to these values, which become its outputs.
    func ending(in values: [Output]) throws -> Model {
        var model = self
        for result in model.results { model.remove(result) }
        for value in values {
            try model.add(Result(), [value], name: "\(model[value.node].name)/result_\(value.index)")
        }
        model.removeDeadNodes()
        return model
    }

    /// The values in groups that take at most `byteLimit` bytes each, or hold a single value.
    func chunks(of values: [Output], byteLimit: Int) -> [[Output]] {
        var chunks: [[Output]] = []
        var size = 0
        for value in values {
            let type = type(of: value)
            let bytes = type.shape.shape.flatMap { type.elementType.byteCount(of: $0.elementCount) } ?? 0
            if chunks.isEmpty || size + bytes > byteLimit {
                chunks.append([])
                size = 0
            }
            chunks[chunks.count - 1].append(value)
            size += bytes
        }
        return chunks
    }

    /// What people call a value: the node's name, with the port's number when there are several.
    func name(of value: Output) -> String {
        let node = self[value.node]
        return node.outputs.count == 1 ? node.name : "\(node.name).\(value.index)"
    }
}
