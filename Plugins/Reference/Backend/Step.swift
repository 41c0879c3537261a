import VireoIR
import VireoPluginKit
import VireoReference
import VireoTensor

/// One node as the executable runs it: the operation, the values it reads and makes, and those that nobody reads after
/// it.
struct Step {
    let name: String
    let operation: any Operation
    let inputs: [Int]
    let outputs: [Int]
    let outputTypes: [ValueType]
    var released: [Int] = []

    /// - Throws: `unsupported` with the reason when REFERENCE cannot run the node.
    init(_ node: NodeView, in graph: GraphView) throws {
        name = node.name
        guard let opset = Int(node.opset.dropFirst("opset".count)), node.opset.hasPrefix("opset") else {
            throw VireoError(.unsupported, "\(node.opType) is of the operation set \"\(node.opset)\"")
        }
        let attributes = AttributeReader(node.attributes.mapValues(\.value))
        let bodies = try node.bodies.enumerated().map { try Body(Model(body: $1, name: node.name), $0, attributes) }
        operation = try OperationSet.make(node.opType, opset: opset, attributes, bodies: bodies)
        // Inputs that are left out are the last ones.
        inputs = Array(node.inputs.prefix { $0 >= 0 })
        guard node.inputs[inputs.count...].allSatisfy({ $0 < 0 }) else {
            throw VireoError(.unsupported, "\(node.opType) without its input \(inputs.count)")
        }
        outputs = node.outputs
        func type(_ value: Int) -> ValueType {
            ValueType(graph.values[value].elementType, graph.values[value].shape)
        }
        outputTypes = outputs.map(type)
        if let reason = Reference.refusal(of: operation, inputTypes: inputs.map(type)) {
            throw VireoError(.unsupported, reason)
        }
    }
}

extension Model {
    /// The graph inside a node as a model. Its constants view the host's memory.
    fileprivate init(body graph: GraphView, name: String) throws {
        self.init(name: name)
        var outputs: [Int: Output] = [:]
        for value in graph.inputs {
            let type = ValueType(graph.values[value].elementType, graph.values[value].shape)
            outputs[value] = Output(
                try add(Parameter(type.elementType, type.shape), name: "parameter \(parameters.count)"))
        }
        for (index, value) in graph.values.enumerated() {
            guard let bytes = value.constant else { continue }
            outputs[index] = try addConstant(Tensor(value, viewing: bytes), name: "constant \(index)")
        }
        func source(_ value: Int) throws -> Output {
            guard let output = outputs[value] else {
                throw VireoError(.unsupported, "the body of \"\(name)\" reads a value that nobody makes")
            }
            return output
        }
        for node in graph.nodes {
            let step = try Step(node, in: graph)
            let id = try add(step.operation, try step.inputs.map(source), name: node.name)
            for (index, value) in step.outputs.enumerated() { outputs[value] = Output(id, index) }
        }
        for value in graph.outputs { try add(Result(), [try source(value)], name: "result \(results.count)") }
    }
}

extension NodeView.Attribute {
    fileprivate var value: VireoIR.Attribute.Value {
        switch self {
        case .integers(let list): .integers(list)
        case .numbers(let list): .numbers(list)
        case .string(let text): .string(text)
        }
    }
}
