import VireoIR
import VireoTensor

/// A network of a few nodes as TensorFlow would freeze it: an image's mean colour, as three class probabilities.
public enum SmallNetwork {
    /// Placeholder "input" [?,8,8,3], Mean over the image, Softmax "prob" [?,3].
    public static let frozen: [UInt8] = {
        var graph = ProtobufWriter()
        graph.node("input", "Placeholder") { node in
            node.attribute("dtype") { $0.varint(6, 1) }
            node.attribute("shape") { value in
                value.message(7) { shape in
                    for extent: Int64 in [-1, 8, 8, 3] { shape.message(2) { $0.varint(1, extent) } }
                }
            }
        }
        graph.node("axes", "Const") { node in
            node.attribute("dtype") { $0.varint(6, 3) }
            node.attribute("value") { value in
                value.message(8) { tensor in
                    tensor.varint(1, 3)
                    tensor.message(2) { shape in shape.message(2) { $0.varint(1, 2) } }
                    tensor.data(4, [1, 0, 0, 0, 2, 0, 0, 0])
                }
            }
        }
        graph.node("mean", "Mean", inputs: ["input", "axes"]) { _ in }
        graph.node("prob", "Softmax", inputs: ["mean"]) { _ in }
        return graph.bytes
    }()

    /// The same with an operation that nobody knows in front of the softmax.
    public static let unsupported: [UInt8] = {
        var graph = ProtobufWriter()
        graph.node("strange", "Strange", inputs: ["input"]) { _ in }
        graph.node("odd", "Odd", inputs: ["strange"]) { _ in }
        return frozen + graph.bytes
    }()

    /// Adds its input "x" [3] to the variable "total", which begins with 0.5, 1.5 and 2.5, and gives the sum.
    public static func adder() throws -> Model {
        var model = Model(name: "adder")
        let x = try model.add(Parameter(.f32, PartialShape([3])), name: "x")
        let initial = try model.addConstant(Tensor([0.5, 1.5, 2.5] as [Float]), name: "initial")
        let read = try model.add(ReadValue("total", ValueType(.f32, [3] as Shape)), [initial], name: "read")
        let sum = try model.add(BinaryElementwise(.add), [Output(read), Output(x)], name: "sum")
        try model.add(Assign("total"), [Output(sum)], name: "assign")
        try model.add(Result(), [Output(sum)], name: "result")
        return model
    }

    /// An 8x8 BMP of one colour.
    public static func bitmap(red: UInt8, green: UInt8, blue: UInt8) -> [UInt8] {
        func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        let pixels = [UInt8]((0..<64).flatMap { _ in [blue, green, red] })
        let header = [0x42, 0x4D] + word(54 + UInt32(pixels.count)) + word(0) + word(54)
        return header + word(40) + word(8) + word(8) + [1, 0, 24, 0] + word(0) + word(0) + word(0) + word(0) + word(0)
            + word(0) + pixels
    }
}

extension ProtobufWriter {
    /// A node of a GraphDef, with what `body` adds.
    public mutating func node(
        _ name: String, _ operation: String, inputs: [String] = [], _ body: (inout ProtobufWriter) -> Void = { _ in }
    ) {
        message(1) { node in
            node.string(1, name)
            node.string(2, operation)
            for input in inputs { node.string(3, input) }
            body(&node)
        }
    }

    /// An attribute of a NodeDef, whose AttrValue `body` writes.
    public mutating func attribute(_ name: String, _ body: (inout ProtobufWriter) -> Void) {
        message(5) { entry in
            entry.string(1, name)
            entry.message(2, body)
        }
    }
}
