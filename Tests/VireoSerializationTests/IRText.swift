import VireoIR
import VireoSerialization
import VireoTensor

/// Writes small IR documents for tests.
struct IRText {
    var layers: [String] = []
    var edges: [String] = []
    var version = "11"
    var rest = ""

    /// A layer with `inputs` input ports and then `outputs` output ports.
    mutating func layer(
        _ id: Int, _ name: String, _ type: String, opset: String = "opset1", data: String = "", inputs: Int = 1,
        outputs: Int = 1
    ) {
        func ports(_ range: Range<Int>) -> String { range.map { "<port id=\"\($0)\"/>" }.joined() }
        layers.append(
            "<layer id=\"\(id)\" name=\"\(name)\" type=\"\(type)\" version=\"\(opset)\">"
                + (data.isEmpty ? "" : "<data \(data)/>") + (inputs == 0 ? "" : "<input>\(ports(0..<inputs))</input>")
                + (outputs == 0 ? "" : "<output>\(ports(inputs..<inputs + outputs))</output>") + "</layer>")
    }

    mutating func parameter(_ id: Int, _ name: String = "x", shape: String = "1,2", type: String = "f32") {
        layer(id, name, "Parameter", data: "shape=\"\(shape)\" element_type=\"\(type)\"", inputs: 0)
    }

    mutating func constant(_ id: Int, type: String, shape: String, offset: String, size: String) {
        layer(
            id, "constant\(id)", "Const",
            data: "element_type=\"\(type)\" shape=\"\(shape)\" offset=\"\(offset)\" size=\"\(size)\"", inputs: 0)
    }

    mutating func result(_ id: Int, _ name: String = "result") { layer(id, name, "Result", outputs: 0) }

    mutating func edge(_ from: Int, _ fromPort: Int, _ to: Int, _ toPort: Int) {
        edges.append(
            "<edge from-layer=\"\(from)\" from-port=\"\(fromPort)\" to-layer=\"\(to)\" to-port=\"\(toPort)\"/>")
    }

    var text: String {
        "<?xml version=\"1.0\"?><net name=\"test\" version=\"\(version)\"><layers>\(layers.joined(separator: "\n"))"
            + "</layers><edges>\(edges.joined(separator: "\n"))</edges>\(rest)</net>"
    }

    /// x → ReLU → result
    static var relu: IRText {
        var text = IRText()
        text.parameter(0)
        text.layer(1, "relu", "ReLU")
        text.result(2)
        text.edge(0, 0, 1, 0)
        text.edge(1, 1, 2, 0)
        return text
    }

    /// The one constant and a result.
    static func constant(type: String, shape: String, offset: String = "0", size: String) -> IRText {
        var text = IRText()
        text.constant(0, type: type, shape: shape, offset: offset, size: size)
        text.result(1)
        text.edge(0, 0, 1, 0)
        return text
    }

    func model(weights: [UInt8] = []) throws -> Model { try IRText.model(text, weights: weights) }

    static func model(_ text: String, weights: [UInt8] = []) throws -> Model {
        try model(Array(text.utf8), weights: weights)
    }

    static func model(_ document: [UInt8], weights: [UInt8] = []) throws -> Model {
        let storage = TensorStorage(byteCount: weights.count)
        let tensor = try Tensor(.u8, [weights.count], viewing: storage)
        tensor.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(mutating: bytes).copyBytes(from: weights)
        }
        return try document.withUnsafeBytes { try Model(irDocument: $0, weights: { storage }) }
    }
}

/// The `VireoError` that `body` throws; nil when it throws none.
func failure(_ body: () throws -> Void) -> VireoError? {
    do {
        try body()
        return nil
    } catch {
        return error as? VireoError
    }
}
