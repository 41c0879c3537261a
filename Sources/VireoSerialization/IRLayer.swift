import VireoIR
import VireoTensor

/// One `<layer>` of the IR as the file gives it.
struct IRLayer {
    let id: Int
    let name: String
    let type: String
    /// The number of the opset, or nil for the name of another collection.
    let opset: Int?
    let version: String
    /// The attributes of `<data>`.
    let data: [(name: String, value: String)]
    /// Port identifiers in the order of the operation's inputs.
    let inputPorts: [Int]
    let outputPorts: [OutputPort]
    let runtimeInfo: [RuntimeInfo]
    /// The graphs inside the layer: `<body>`, or `<then_body>` and `<else_body>`.
    let bodies: [IRBody]
    let line: Int

    struct OutputPort {
        let id: Int
        let tensorNames: [String]
        let runtimeInfo: [RuntimeInfo]
        /// The type as the file has it; only operations of no opset need it.
        let precision: String
        let extents: [String]
    }

    init(_ element: MarkupElement) throws(VireoError) {
        id = try element.natural("id")
        name = try element.required("name")
        type = try element.required("type")
        version = element["version"] ?? "opset1"
        let number = version.lowercased()
        opset = number.hasPrefix("opset") ? Int(number.dropFirst(5)) : nil
        data = element.child("data")?.attributes ?? []
        inputPorts = try (element.child("input")?.children("port") ?? []).map { (port) throws(VireoError) in
            try port.natural("id")
        }
        outputPorts = try (element.child("output")?.children("port") ?? []).map { (port) throws(VireoError) in
            OutputPort(
                id: try port.natural("id"), tensorNames: TensorNames.split(port["names"] ?? ""),
                runtimeInfo: RuntimeInfo.list(port.child("rt_info")), precision: port["precision"] ?? "",
                extents: port.children("dim").map(\.text))
        }
        runtimeInfo = RuntimeInfo.list(element.child("rt_info"))
        line = element.line
        bodies = try IRBody.all(in: element, inputPorts: inputPorts, outputPorts: outputPorts.map(\.id))
        let ports = inputPorts + outputPorts.map(\.id)
        let isAscending = zip(ports, ports.dropFirst()).allSatisfy(<)
        guard isAscending || Set(ports).count == ports.count else {
            throw VireoError(.malformedFile, "two ports have the same id", in: [place])
        }
    }

    /// layer 12 "conv1" (Convolution)
    var label: String { "\"\(name)\" (\(type))" }
    var place: String { "layer \(id) \(label), line \(line)" }

    /// An operation of a plugin's own.
    var isCustom: Bool { version == CustomOperation.collection }

    /// The types that the output ports declare.
    func declaredTypes() throws(VireoError) -> [ValueType] {
        try outputPorts.map { (port) throws(VireoError) in
            guard let elementType = ElementType.allCases.first(where: { $0.irPrecision == port.precision.uppercased() })
            else { throw VireoError(.malformedFile, "an output port of precision \"\(port.precision)\"", in: [place]) }
            let shape = try PartialShape(irText: port.extents.joined(separator: ","))
            return ValueType(elementType, shape)
        }
    }

    var isConstant: Bool { type == "Const" || type == "Constant" }
    var isParameter: Bool { type == "Parameter" }
    var isResult: Bool { type == "Result" }
    var isAssignment: Bool { type == "Assign" }
}

/// The `names` attribute of a port: separated by commas, a comma inside a name written `\,`.
enum TensorNames {
    static func split(_ text: String) -> [String] {
        guard text.utf8.contains(UInt8(ascii: "\\")) else {
            return text.utf8.split(separator: UInt8(ascii: ",")).map { String(Substring($0)) }
        }
        var names: [String] = []
        var name = ""
        var isEscaped = false
        for character in text.unicodeScalars {
            if character == "," && isEscaped {
                name.unicodeScalars.removeLast()
                name.unicodeScalars.append(",")
            } else if character == "," {
                names.append(name)
                name = ""
            } else {
                name.unicodeScalars.append(character)
            }
            isEscaped = character == "\\"
        }
        names.append(name)
        return names.filter { !$0.isEmpty }
    }

    static func join(_ names: [String]) -> String {
        names.map { name in name.split(separator: ",", omittingEmptySubsequences: false).joined(separator: "\\,") }
            .joined(separator: ",")
    }
}

extension RuntimeInfo {
    /// The entries of an `rt_info` element.
    static func list(_ element: MarkupElement?) -> [RuntimeInfo] { element?.children.map { RuntimeInfo($0) } ?? [] }

    init(_ element: MarkupElement) {
        var attributes = element.attributes
            .sorted { ($0.name != "name" ? 1 : 0, $0.name) < ($1.name != "name" ? 1 : 0, $1.name) }
            .map { Attribute($0.name, $0.value) }
        // Older files put some values between the tags.
        if attributes.isEmpty, element.children.isEmpty, element.text.contains(where: { !$0.isWhitespace }) {
            attributes = [Attribute("value", element.text)]
        }
        self.init(element.name, attributes: attributes, children: element.children.map { RuntimeInfo($0) })
    }

    /// The model's own entries. Files up to 2022 keep them in `meta_data` and `quantization_parameters`.
    static func ofModel(_ net: MarkupElement) -> [RuntimeInfo] {
        if let current = net.child("rt_info") { return list(current) }
        let metadata = list(net.child("meta_data")).map { entry in
            RuntimeInfo(
                entry.name == "cli_parameters" ? "conversion_parameters" : entry.name, attributes: entry.attributes,
                children: entry.children)
        }
        let quantization = net.child("quantization_parameters").map {
            RuntimeInfo("optimization", children: list($0))
        }
        return metadata + [quantization].compactMap { $0 }
    }
}
