import VireoTensor

extension Model: CustomStringConvertible {
    /// One line a node, in topological order:
    /// `%12 = Convolution "conv1" (%3, %11) strides=1,1 … -> f32[1,32,112,112]`.
    public var description: String {
        let order = (try? topologicalOrder()) ?? nodes.map(\.id)
        var numbers: [NodeID: Int] = [:]
        for (number, id) in order.enumerated() { numbers[id] = number }
        var lines = ["model \"\(name)\""]
        for id in order {
            let node = self[id]
            let inputs = node.inputs.map { input in
                "%\(numbers[input.node] ?? -1)" + (input.index == 0 ? "" : ":\(input.index)")
            }
            let attributes = node.operation.attributes.map { " \($0.key)=\($0.value.text)" }.joined()
            let outputs = node.outputs.map(\.type.description).joined(separator: ", ")
            lines.append(
                "%\(numbers[id]!) = \(node.type) \"\(node.name)\" (\(inputs.joined(separator: ", ")))\(attributes)"
                    + (outputs.isEmpty ? "" : " -> \(outputs)"))
        }
        return lines.joined(separator: "\n")
    }
}

extension Attribute.Value {
    /// The value as the IR writes it: lists joined with ", ", booleans true and false.
    public var text: String {
        switch self {
        case .integer(let value): String(value)
        case .integers(let list): list.map(String.init).joined(separator: ", ")
        case .number(let value): Attribute.Value.text(value)
        case .numbers(let list): list.map { Attribute.Value.text($0) }.joined(separator: ", ")
        case .boolean(let value): value ? "true" : "false"
        case .string(let text): text
        case .elementType(let type): type.irName
        case .shape(let shape): shape.irText
        }
    }

    /// The shortest text that reads back as the same number; whole numbers without a point.
    private static func text(_ value: Double) -> String {
        let single = Float(value)
        let text = Double(single) == value ? "\(single)" : "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
