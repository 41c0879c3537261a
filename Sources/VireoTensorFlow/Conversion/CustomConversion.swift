import VireoIR
import VireoTensor

/// How one TensorFlow operation becomes an operation of a plugin's own, with the same attributes and inputs.
public struct CustomConversion: Sendable {
    /// TensorFlow's name of the operation.
    public let frameworkType: String
    /// The operation's name in the IR.
    public let type: String
    /// The types of the outputs for a node's attributes and the types of its inputs.
    public let infer: @Sendable ([Attribute], [ValueType]) throws -> [ValueType]

    public init(
        frameworkType: String, type: String,
        infer: @escaping @Sendable ([Attribute], [ValueType]) throws -> [ValueType]
    ) {
        self.frameworkType = frameworkType
        self.type = type
        self.infer = infer
    }

    /// Adds the operation for the node that is being translated.
    func translate(_ graph: GraphImporter) throws -> [Output] {
        let attributes = graph.node.attributes.sorted { $0.key < $1.key }.compactMap { key, value in
            key.hasPrefix("_") ? nil : CustomConversion.value(value).map { Attribute(key, $0) }
        }
        let operation = CustomOperation(type, attributes) { [infer] inputs in try infer(attributes, inputs) }
        let first = try graph.emit(operation, graph.inputs())
        return graph.outputs(of: first.node)
    }

    /// The attribute in the IR; nil for tensors and functions, which no IR attribute can be.
    static func value(_ value: AttrValue) -> Attribute.Value? {
        switch value {
        case .int(let integer): return .integer(integer)
        case .float(let real): return .number(Double(real))
        case .bool(let flag): return .boolean(flag)
        case .string(let bytes): return String(validating: bytes, as: UTF8.self).map { .string($0) }
        case .type(let type): return type.elementType.map { .elementType($0) }
        case .shape(let shape): return .shape(shape)
        case .list(let items):
            let integers = items.compactMap { if case .int(let integer) = $0 { integer } else { nil } }
            if integers.count == items.count { return .integers(integers) }
            let numbers = items.compactMap { if case .float(let real) = $0 { Double(real) } else { nil } }
            return numbers.count == items.count ? .numbers(numbers) : nil
        default: return nil
        }
    }
}
