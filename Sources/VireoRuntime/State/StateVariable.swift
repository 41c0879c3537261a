import VireoIR
import VireoPasses
import VireoTensor

/// A variable of a stateful model, which the graph that is compiled has as an input and, where it is assigned, as an
/// output.
struct StateVariable: Sendable {
    let name: String
    let type: ValueType
    /// What a request begins with: zeros when the graph computes it.
    let initial: Tensor
    /// Whether the graph computes the first value from the model's inputs; another input then says when.
    let hasComputedInitial: Bool
    let isAssigned: Bool
}

extension Model {
    /// The model without ReadValue and Assign. Behind its own inputs are one for each variable, and flags for those
    /// whose first value the graph computes; behind its own outputs are the values of the variables that are assigned.
    /// - Throws: `malformedFile` for a variable of two types or with two assignments, `unsupported` for a first value
    ///   that is computed and of unknown shape.
    func separatingStates() throws -> (model: Model, variables: [StateVariable]) {
        let nodes = nodes.filter { $0.operation is ReadValue || $0.operation is Assign }
        var names: [String] = []
        for node in nodes where !names.contains(node.variable) { names.append(node.variable) }
        guard !names.isEmpty else { return (self, []) }
        var model = self
        var variables: [StateVariable] = []
        var flags: [(flag: Parameter, choice: NodeID)] = []
        for name in names {
            let own = nodes.filter { $0.variable == name }
            variables.append(try model.separate(name, own, &flags))
        }
        // The flags come behind the values.
        for (flag, choice) in flags {
            let id = try model.add(flag, name: "\(model[choice].name)/isFirst")
            model.setInput(Use(choice, 0), to: Output(id))
        }
        return (model, variables)
    }

    private mutating func separate(
        _ name: String, _ nodes: [Node], _ flags: inout [(flag: Parameter, choice: NodeID)]
    ) throws -> StateVariable {
        let reads = nodes.filter { $0.operation is ReadValue }
        let assignments = nodes.filter { $0.operation is Assign }
        let type = try variableType(name, reads, assignments)
        let value = Output(try add(Parameter(type.elementType, type.shape), name: "\(name)/value"))
        var initial = try Tensor(zeros: type.elementType, type.shape.smallest(of: name))
        var source = value
        let first = reads.first?.inputs.first
        if let first {
            if let tensor = try constantValue(of: first) {
                initial = tensor
            } else {
                source = try choosing(first, or: value, type, name)
                flags.append((Parameter(.boolean, .ranked([])), source.node))
            }
        }
        for read in reads { replaceUses(of: Output(read.id), with: source) }
        for assignment in assignments {
            let next = self[assignment.id].inputs[0]
            replaceUses(of: Output(assignment.id), with: next, keepingNames: false)
            try add(Result(), [next], name: "\(name)/next")
            remove(assignment.id)
        }
        for read in reads { remove(read.id) }
        removeDeadNodes()
        return StateVariable(
            name: name, type: type, initial: initial, hasComputedInitial: source != value,
            isAssigned: !assignments.isEmpty)
    }

    /// `first` in the first run and `value` in the others. The condition is put in place later.
    private mutating func choosing(
        _ first: Output, or value: Output, _ type: ValueType, _ name: String
    ) throws -> Output {
        guard type.shape.isStatic, self.type(of: first).shape.isStatic else {
            throw VireoError(
                .unsupported, "the variable \"\(name)\" \(type) of unknown shape, whose first value is computed",
                remedy: "reshape the model to static shapes")
        }
        let always = try addConstant(Tensor(scalar: true), name: "\(name)/always")
        return Output(try add(Select(), [always, first, value], name: "\(name)/current"))
    }

    private func variableType(_ name: String, _ reads: [Node], _ assignments: [Node]) throws -> ValueType {
        let types = reads.map { $0.outputs[0].type }
        guard assignments.count <= 1, types.allSatisfy({ $0 == types[0] }) else {
            throw VireoError(
                .malformedFile, "the variable \"\(name)\" has \(assignments.count) assignments and the types \(types)")
        }
        let assigned = assignments.first.map { self.type(of: $0.inputs[0]) }
        let type = types.first ?? assigned!
        if let assigned, assigned.elementType != type.elementType || !assigned.shape.isCompatible(with: type.shape) {
            throw VireoError(
                .malformedFile, "the variable \"\(name)\" is \(type), and a value \(assigned) is assigned to it")
        }
        return type
    }

    /// The value when no input of the model has a part in it.
    private func constantValue(of value: Output) throws -> Tensor? {
        if let tensor = constant(value) { return tensor }
        var part = self
        for node in part.nodes where node.operation is Result || node.operation is Assign {
            if !part.hasUses(node.id) { part.remove(node.id) }
        }
        let result = try part.add(Result(), [value], name: "value")
        part.removeDeadNodes()
        try FoldConstants().run(on: &part)
        return part.constant(part[result].inputs[0])
    }
}

extension Node {
    /// The name of the variable that a ReadValue reads or an Assign writes.
    fileprivate var variable: String {
        (operation as? ReadValue)?.variable ?? (operation as? Assign)?.variable ?? ""
    }
}

extension PartialShape {
    /// The shape with the fewest elements.
    /// - Throws: `unsupported` for an unknown rank.
    fileprivate func smallest(of variable: String) throws(VireoError) -> Shape {
        guard let dimensions else {
            throw VireoError(
                .unsupported, "the variable \"\(variable)\" of unknown rank",
                remedy: "write the ReadValue with a variable_shape, -1 for each dimension that is not known")
        }
        return try Shape(validating: dimensions.map(\.lower))
    }
}
