import VireoIR
import VireoPluginKit
import VireoReference
import VireoTensor

/// One node as the executable runs it: the operation, the values it reads and makes, and those that nobody reads after it.
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
        operation = try OperationSet.make(
            node.opType, opset: opset, AttributeReader(node.attributes.mapValues(\.value)))
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

extension NodeView.Attribute {
    fileprivate var value: VireoIR.Attribute.Value {
        switch self {
        case .integers(let list): .integers(list)
        case .numbers(let list): .numbers(list)
        case .string(let text): .string(text)
        }
    }
}
