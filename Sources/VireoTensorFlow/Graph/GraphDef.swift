import CTensorFlowProto
import VireoTensor

/// A TensorFlow graph: the nodes in the order of the file.
///
/// Every input names a node of the graph, and no two nodes share a name. The contents of large tensors stay in the
/// file, which is mapped into memory for as long as a tensor needs it: do not overwrite it in place meanwhile.
public struct GraphDef: Sendable {
    public let nodes: [NodeDef]
    /// The version of TensorFlow's graph format that the writer followed; 0 where the file does not say.
    public let producer: Int
    /// The functions that nodes may call, by name.
    public let functions: [String: FunctionDef]
    private let indices: [String: Int]

    /// - Throws: `malformedFile` for a node without a name or an operation, a repeated name, and an input that names
    ///   no node.
    public init(
        nodes: [NodeDef], producer: Int = 0, functions: [String: FunctionDef] = [:]
    ) throws(VireoError) {
        var indices: [String: Int] = [:]
        indices.reserveCapacity(nodes.count)
        for (index, node) in nodes.enumerated() {
            guard !node.name.isEmpty else {
                throw VireoError(.malformedFile, "node number \(index) has no name")
            }
            guard !node.op.isEmpty else {
                throw VireoError(.malformedFile, "the node has no operation", in: ["node \"\(node.name)\""])
            }
            guard indices.updateValue(index, forKey: node.name) == nil else {
                throw VireoError(.malformedFile, "two nodes have this name", in: [node.place])
            }
        }
        for node in nodes {
            for input in node.inputs.map(\.node) + node.controlInputs where indices[input] == nil {
                throw VireoError(
                    .malformedFile, "its input \"\(input)\" is no node of the graph", in: [node.place],
                    remedy: "freeze the graph again with all the nodes that the outputs need")
            }
        }
        self.nodes = nodes
        self.producer = producer
        self.functions = functions
        self.indices = indices
    }

    /// The node with this name.
    public subscript(name: String) -> NodeDef? { indices[name].map { nodes[$0] } }

    /// The position in `nodes` of the node with this name.
    public func index(of name: String) -> Int? { indices[name] }
}

// MARK: - Files

extension GraphDef {
    /// Reads a GraphDef, such as a frozen graph (.pb). A binary file is mapped and not copied.
    /// - Parameter isText: whether the file is in protobuf's text form (.pbtxt).
    /// - Throws: `notFound` and `inputOutput` for a file that cannot be read, `unsupported` for more than 2 GiB, and
    ///   `malformedFile` for what is no graph or a damaged one; each with the path as its place.
    public init(contentsOf path: String, isText: Bool = false) throws(VireoError) {
        do throws(VireoError) {
            let file = try FileBytes(path: path)
            let message =
                isText
                ? try GraphMessage(FileSlice(TextForm.binary(.graph, from: file))) : try GraphMessage(file)
            try self.init(message)
        } catch {
            throw error.adding(context: path)
        }
    }

    /// Reads a binary GraphDef from a copy of `bytes`.
    /// - Throws: as `init(contentsOf:)`.
    public init(bytes: [UInt8]) throws(VireoError) {
        try self.init(GraphMessage(FileBytes(copying: bytes)))
    }

    /// Reads a GraphDef in text form.
    /// - Throws: as `init(contentsOf:isText:)`.
    public init(text: String) throws(VireoError) {
        let file = FileBytes(copying: text.utf8)
        try self.init(GraphMessage(FileSlice(TextForm.binary(.graph, from: file))))
    }

    init(_ message: GraphMessage) throws(VireoError) {
        var nodes: [NodeDef] = []
        for node in UnsafeBufferPointer(start: message.graph.pointee.nodes, count: message.graph.pointee.node_count) {
            nodes.append(try NodeDef(node, message))
        }
        let library = UnsafeBufferPointer(
            start: message.graph.pointee.functions, count: message.graph.pointee.function_count)
        var functions: [String: FunctionDef] = [:]
        for function in library {
            let function = try FunctionDef(function, message)
            functions[function.name] = function
        }
        guard !nodes.isEmpty else {
            throw VireoError(.malformedFile, "the graph has no nodes", remedy: FileForm.remedy, faq: 43)
        }
        try self.init(nodes: nodes, producer: Int(message.graph.pointee.producer), functions: functions)
    }
}
