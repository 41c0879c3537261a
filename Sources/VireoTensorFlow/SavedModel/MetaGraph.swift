import VireoTensor

/// A graph with what stands around it: a MetaGraphDef, as in a `.meta` file or a SavedModel.
struct MetaGraph {
    /// What the graph is for, such as `serve`.
    private(set) var tags: [String] = []
    private(set) var signatures: [String: Signature] = [:]
    private let graphSlice: FileSlice

    init(_ message: FileSlice) throws(VireoError) {
        var graph: FileSlice?
        var reader = WireReader(message)
        while let (field, value) = try reader.next() {
            switch field {
            case 1: tags = try MetaGraph.tags(value.message())
            case 2: graph = try value.slice()
            case 5:
                let (name, signature) = try MapEntry(value.message()).keyAndValue
                signatures[name] = try Signature(signature)
            default: continue
            }
        }
        guard let graph else {
            throw VireoError(.malformedFile, "the MetaGraph has no graph", remedy: FileForm.remedy, faq: 43)
        }
        graphSlice = graph
    }

    /// Reads a `.meta` file, binary or text.
    /// - Throws: `malformedFile` for what is no MetaGraph, with the path as place.
    init(contentsOf path: String) throws(VireoError) {
        do throws(VireoError) {
            let file = try FileBytes(path: path)
            guard file.bytes.count <= Int32.max else { throw GraphMessage.tooLarge }
            switch FileForm(file.bytes) {
            case .graph: try self.init(FileSlice(file))
            case .textGraph: try self.init(FileSlice(TextForm.binary(.metaGraph, from: file)))
            case .other(let form):
                throw VireoError(
                    .malformedFile, "this is \(form) and not a MetaGraph", remedy: FileForm.remedy, faq: 43)
            }
        } catch {
            throw error.adding(context: path)
        }
    }

    func graph() throws(VireoError) -> GraphDef { try GraphDef(GraphMessage(graphSlice)) }

    /// The signature that serving uses: `serving_default`, or the only one.
    var servingSignature: Signature? {
        if let signature = signatures["serving_default"] { return signature }
        let named = signatures.filter { !$0.key.hasPrefix("__") && !$0.value.outputs.isEmpty }
        return named.count == 1 ? named.first?.value : nil
    }

    private static func tags(_ message: WireReader) throws(VireoError) -> [String] {
        var message = message
        var tags: [String] = []
        while let (field, value) = try message.next() {
            if field == 4 { tags.append(try value.text()) }
        }
        return tags
    }
}

/// The inputs and outputs of a graph that its author exported: a SignatureDef.
public struct Signature: Sendable {
    public struct Port: Sendable {
        /// The name in the signature.
        public let name: String
        public let tensor: TensorRef
        public let type: DataType
        public let shape: PartialShape
    }

    /// Sorted by name.
    public let inputs: [Port]
    /// Sorted by name.
    public let outputs: [Port]

    init(_ message: WireReader) throws(VireoError) {
        var message = message
        var (inputs, outputs): ([Port], [Port]) = ([], [])
        while let (field, value) = try message.next() {
            guard field == 1 || field == 2 else { continue }
            let (name, info) = try MapEntry(value.message()).keyAndValue
            guard let port = try Port(name, info) else { continue }
            if field == 1 { inputs.append(port) } else { outputs.append(port) }
        }
        self.inputs = inputs.sorted { $0.name < $1.name }
        self.outputs = outputs.sorted { $0.name < $1.name }
    }
}

extension Signature.Port {
    /// A TensorInfo; nil for a sparse tensor, and for the name of an operation that gives no tensor.
    init?(_ name: String, _ message: WireReader) throws(VireoError) {
        var message = message
        var (tensor, type, shape) = (TensorRef?.none, DataType.invalid, PartialShape.unranked)
        while let (field, value) = try message.next() {
            switch field {
            case 1:
                let text = try value.text()
                if text.contains(":") { tensor = try? TensorRef(parsing: text) }
            case 2: type = DataType(rawValue: Int32(truncatingIfNeeded: try value.integer()))
            case 3: shape = try PartialShape(value.message())
            default: continue
            }
        }
        guard let tensor else { return nil }
        self.init(name: name, tensor: tensor, type: type, shape: shape)
    }
}

extension PartialShape {
    /// A TensorShapeProto.
    init(_ message: WireReader) throws(VireoError) {
        var message = message
        var dimensions: [Dimension] = []
        while let (field, value) = try message.next() {
            if field == 3, try value.integer() != 0 {
                self = .unranked
                return
            }
            guard field == 2 else { continue }
            var dimension = try value.message()
            var extent = 0
            while let (field, value) = try dimension.next() {
                if field == 1 { extent = try value.integer() }
            }
            dimensions.append(extent < 0 ? .dynamic : Dimension(extent))
        }
        self = .ranked(dimensions)
    }
}

/// An entry of a map from text to messages.
private struct MapEntry {
    private(set) var keyAndValue: (String, WireReader) = ("", WireReader(FileSlice(FileBytes(copying: []))))

    init(_ message: WireReader) throws(VireoError) {
        var message = message
        while let (field, value) = try message.next() {
            if field == 1 { keyAndValue.0 = try value.text() }
            if field == 2 { keyAndValue.1 = try value.message() }
        }
    }
}
