import VireoTensor

extension GraphDef {
    /// The most bytes that a protobuf message can have.
    private static let largestSize = Int(Int32.max)

    /// Writes the graph as a binary GraphDef, which appears under its name when it is complete. Weights go from their
    /// files to this one a tensor at a time.
    /// - Throws: `unsupported` for nodes that call functions and for more than 2 GiB, `inputOutput` when the file
    ///   cannot be written, and what reading a tensor throws.
    public func write(to path: String) throws(VireoError) {
        let file = try AtomicFile(path: path)
        for node in nodes {
            do throws(VireoError) {
                var field = WireMessage()
                field.message(1, try WireMessage(node))
                guard field.count <= GraphDef.largestSize - file.offset else {
                    throw VireoError(
                        .unsupported, "the frozen graph would be larger than 2 GiB, which no GraphDef can be")
                }
                try field.write(to: file)
            } catch {
                throw error.adding(context: node.place)
            }
        }
        var versions = WireMessage()
        versions.varint(1, producer)
        var field = WireMessage()
        if producer != 0 { field.message(4, versions) }
        try field.write(to: file)
        try file.commit()
    }
}

extension WireMessage {
    /// A NodeDef.
    init(_ node: NodeDef) throws(VireoError) {
        text(1, node.name)
        text(2, node.op)
        for input in node.inputs { text(3, input.description) }
        for input in node.controlInputs { text(3, "^" + input) }
        if !node.device.isEmpty { text(4, node.device) }
        for (name, value) in node.attributes.sorted(by: { $0.key < $1.key }) {
            var entry = WireMessage()
            entry.text(1, name)
            entry.message(2, try WireMessage(value))
            message(5, entry)
        }
    }

    /// An AttrValue.
    private init(_ value: AttrValue) throws(VireoError) {
        switch value {
        case .string(let bytes): self.bytes(2, bytes)
        case .int(let integer): varint(3, integer)
        case .float(let real): float(4, real)
        case .bool(let flag): varint(5, flag ? 1 : 0)
        case .type(let type): varint(6, Int(type.rawValue))
        case .shape(let shape): message(7, WireMessage(shape))
        case .tensor(let tensor): message(8, try WireMessage(tensor))
        case .placeholder(let name): text(9, name)
        case .list(let items):
            var list = WireMessage()
            for item in items { try list.append(item) }
            message(1, list)
        case .empty: break
        case .function(let name, _):
            throw VireoError(
                .unsupported, "the node calls the function \"\(name)\", and a frozen graph has no functions",
                remedy: "choose outputs that need no such node")
        }
    }

    /// An item of a ListValue, which has one field a kind.
    private mutating func append(_ item: AttrValue) throws(VireoError) {
        switch item {
        case .string(let bytes): self.bytes(2, bytes)
        case .int(let integer): varint(3, integer)
        case .float(let real): float(4, real)
        case .bool(let flag): varint(5, flag ? 1 : 0)
        case .type(let type): varint(6, Int(type.rawValue))
        case .shape(let shape): message(7, WireMessage(shape))
        case .tensor(let tensor): message(8, try WireMessage(tensor))
        default: throw VireoError(.unsupported, "a list with \(item.kind) in it")
        }
    }

    /// A TensorShapeProto.
    private init(_ shape: PartialShape) {
        guard let dimensions = shape.dimensions else {
            varint(3, 1)
            return
        }
        for dimension in dimensions {
            var extent = WireMessage()
            extent.varint(1, dimension.value ?? -1)
            message(2, extent)
        }
    }

    /// A TensorProto.
    private init(_ tensor: TensorProto) throws(VireoError) {
        varint(1, Int(tensor.dataType.rawValue))
        message(2, WireMessage(tensor.shape))
        guard tensor.dataType != .string else {
            for text in try tensor.strings() { bytes(8, text) }
            return
        }
        guard let elementType = tensor.dataType.elementType, let shape = tensor.shape.shape,
            let byteCount = elementType.byteCount(of: shape.elementCount), byteCount <= Int32.max
        else {
            // A variable without a value says so itself.
            _ = try tensor.tensor()
            throw VireoError(.unsupported, "a tensor \(tensor.dataType)\(tensor.shape) cannot be written")
        }
        content(4, tensor, byteCount: byteCount)
    }
}
