import VireoTensor

extension GraphDef {
    /// The graph with constants in place of its variables, read from `checkpoint` when they are asked for.
    ///
    /// Reading a resource variable becomes an Identity, and gathering from one a Gather. A variable that the checkpoint
    /// lacks is an error only when its value is asked for, since much of a training graph is never used.
    /// - Parameter checkpoint: nil when there is none, so that every variable's value is such an error.
    public func freezingVariables(from checkpoint: Checkpoint?) throws(VireoError) -> GraphDef {
        guard nodes.contains(where: { VariableKind($0.op) != nil }) else { return self }
        let values = VariableValues(checkpoint, SavedNames(self))
        let handles = resources()
        var frozen: [NodeDef] = []
        frozen.reserveCapacity(nodes.count)
        for node in nodes {
            if VariableKind(node.op) != nil {
                frozen.append(try values.constant(for: node))
            } else {
                frozen.append(reading(node, handles))
            }
        }
        return try GraphDef(nodes: frozen, producer: producer, functions: functions)
    }

    /// The element type behind each node that gives the handle of a variable.
    private func resources() -> [String: DataType] {
        var types: [String: DataType] = [:]
        for node in nodes where VariableKind(node.op) == .resource {
            types[node.name] = try? node.type("dtype")
        }
        // Handles pass through a few nodes at most, such as the switches of a condition.
        var hasGrown = !types.isEmpty
        while hasGrown {
            hasGrown = false
            for node in nodes where node.attributes["T"].isResource && types[node.name] == nil {
                guard let type = node.inputs.lazy.compactMap({ types[$0.node] }).first else { continue }
                types[node.name] = type
                hasGrown = true
            }
        }
        return types
    }

    /// The node with values where it had handles.
    private func reading(_ node: NodeDef, _ handles: [String: DataType]) -> NodeDef {
        var node = node
        if let type = handles[node.name] {
            node = node.with(op: node.op, attributes: node.attributes.merging(["T": .type(type)]) { $1 })
        }
        guard let handle = node.inputs.first, let type = handles[handle.node] else { return node }
        let marks = node.attributes.filter { $0.key.hasPrefix("_") }
        switch node.op {
        case "ReadVariableOp":
            return node.with(op: "Identity", attributes: marks.merging(["T": .type(type)]) { $1 })
        case "ResourceGather":
            guard case .int(let batch)? = node.attributes["batch_dims"], batch != 0 else {
                let indices = node.attributes["Tindices"] ?? .type(.int32)
                return node.with(
                    op: "Gather",
                    attributes: marks.merging(["Tparams": .type(type), "Tindices": indices]) { $1 })
            }
            return node
        default: return node
        }
    }
}

extension NodeDef {
    fileprivate func with(op: String, attributes: [String: AttrValue]) -> NodeDef {
        NodeDef(
            name, op: op, inputs: inputs, controlInputs: controlInputs, device: device, attributes: attributes)
    }
}

extension AttrValue? {
    fileprivate var isResource: Bool {
        if case .type(.resource)? = self { true } else { false }
    }
}

/// Finds the values of variables in a checkpoint.
private struct VariableValues {
    private let checkpoint: Checkpoint?
    private let saved: SavedNames

    init(_ checkpoint: Checkpoint?, _ saved: SavedNames) {
        self.checkpoint = checkpoint
        self.saved = saved
    }

    func constant(for node: NodeDef) throws(VireoError) -> NodeDef {
        let dataType = try node.type("dtype").base
        let shape = try node.shape("shape", default: .unranked)
        let value = value(of: node, dataType, shape)
        let marks = node.attributes.filter { $0.key.hasPrefix("_") }
        return node.with(
            op: "Const", attributes: marks.merging(["dtype": .type(dataType), "value": .tensor(value)]) { $1 })
    }

    private func value(of node: NodeDef, _ dataType: DataType, _ shape: PartialShape) -> TensorProto {
        func absent(_ message: String, remedy: String) -> TensorProto {
            TensorProto(dataType, shape, absent: VireoError(.invalidArgument, message, remedy: remedy))
        }
        guard let checkpoint else {
            return absent(
                "the graph has this variable, and no value for it",
                remedy: "give the weights with --input_checkpoint, or a frozen graph")
        }
        guard let (key, variable) = find(node, in: checkpoint) else {
            return absent(
                "the variable is not in the checkpoint \(checkpoint.path), which has "
                    + sample(of: checkpoint.names), remedy: "give the checkpoint that was saved from this graph")
        }
        guard variable.dataType == dataType, shape.isCompatible(with: PartialShape(variable.shape)) else {
            return absent(
                "the variable is \(dataType)\(shape), and in the checkpoint \(checkpoint.path) it is "
                    + "\(variable.dataType)\(variable.shape)",
                remedy: "give the checkpoint that was saved from this graph")
        }
        return TensorProto(dataType, PartialShape(variable.shape)) { () throws(VireoError) in
            do throws(VireoError) {
                return try variable.tensor()
            } catch {
                throw error.adding(context: "variable \"\(key)\"").adding(context: checkpoint.path)
            }
        }
    }

    /// The name that the graph saves the variable by comes first, then those that it has itself.
    private func find(_ node: NodeDef, in checkpoint: Checkpoint) -> (String, CheckpointVariable)? {
        let shared = (try? node.string("shared_name", default: "")) ?? ""
        let own = [shared, node.name].filter { !$0.isEmpty }
        let names = (saved.names[node.name] ?? []) + own.compactMap { checkpoint.keysOfObjects[$0] } + own
        for name in names {
            guard let variable = checkpoint.variables[name] else { continue }
            return (name, part(of: variable, node) ?? variable)
        }
        // A part of a partitioned variable, which is saved as a whole.
        guard let match = node.name.wholeMatch(of: /(.+)\/part_([0-9]+)/), let index = Int(match.2),
            let part = checkpoint.variables[String(match.1)]?.part(index)
        else { return nil }
        return (node.name, part)
    }

    /// What the node is of a variable that was saved in parts.
    private func part(of variable: CheckpointVariable, _ node: NodeDef) -> CheckpointVariable? {
        guard let match = node.name.wholeMatch(of: /.+\/part_([0-9]+)/), let index = Int(match.1) else { return nil }
        return variable.part(index)
    }

    private func sample(of names: [String]) -> String {
        let shown = names.prefix(3).map { "\"\($0)\"" }.joined(separator: ", ")
        return names.count > 3 ? "\(shown) and \(names.count - 3) more" : names.isEmpty ? "no variables" : shown
    }
}
