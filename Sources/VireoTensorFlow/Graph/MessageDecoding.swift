import CTensorFlowProto
import VireoTensor

extension NodeDef {
    /// The node as `message` holds it.
    init(_ node: vireo_tf_node, _ message: GraphMessage) throws(VireoError) {
        try self.init(node, message, input: NodeDef.input)
    }

    private init(
        _ node: vireo_tf_node, _ message: GraphMessage, input: (String) throws(VireoError) -> TensorRef?
    ) throws(VireoError) {
        let name = String(node.name)
        do throws(VireoError) {
            var inputs: [TensorRef] = []
            var controlInputs: [String] = []
            for text in [String](node.inputs, node.input_count) {
                if text.hasPrefix("^") {
                    controlInputs.append(String(text.dropFirst()))
                } else if let tensor = try input(text) {
                    inputs.append(tensor)
                }
            }
            self.init(
                name, op: String(node.operation), inputs: inputs, controlInputs: controlInputs,
                device: String(node.device),
                attributes: try AttrValue.attributes(node.attributes, node.attribute_count, message))
        } catch {
            throw error.adding(context: "node \"\(name)\" (\(String(node.operation)))")
        }
    }

    fileprivate init(withoutInputs node: vireo_tf_node, _ message: GraphMessage) throws(VireoError) {
        try self.init(node, message) { _ in nil }
    }

    private static func input(_ text: String) throws(VireoError) -> TensorRef? {
        do {
            return try TensorRef(parsing: text)
        } catch {
            throw VireoError(.malformedFile, "the input \"\(text)\" names no output of a node")
        }
    }
}

extension FunctionDef {
    init(_ function: vireo_tf_function, _ message: GraphMessage) throws(VireoError) {
        name = String(function.name)
        arguments = [String](function.arguments, function.argument_count)
        results = [String](function.results, function.result_count)
        resultTypes = UnsafeBufferPointer(start: function.result_types, count: function.result_count).map {
            DataType(rawValue: $0)
        }
        var body: [BodyNode] = []
        for node in UnsafeBufferPointer(start: function.nodes, count: function.node_count) {
            let inputs = [String](node.inputs, node.input_count).filter { !$0.hasPrefix("^") }
            do throws(VireoError) {
                body.append(BodyNode(node: try NodeDef(withoutInputs: node, message), inputs: inputs))
            } catch {
                throw error.adding(context: "function \"\(name)\"")
            }
        }
        self.body = body
    }
}

extension AttrValue {
    fileprivate static func attributes(
        _ attributes: UnsafePointer<vireo_tf_attribute>?, _ count: Int, _ message: GraphMessage
    ) throws(VireoError) -> [String: AttrValue] {
        var values: [String: AttrValue] = [:]
        values.reserveCapacity(count)
        for attribute in UnsafeBufferPointer(start: attributes, count: count) {
            let name = String(attribute.name)
            do {
                values[name] = try AttrValue(attribute.value, message)
            } catch {
                throw error.adding(context: "attribute \"\(name)\"")
            }
        }
        return values
    }

    private init(_ value: vireo_tf_value, _ message: GraphMessage) throws(VireoError) {
        switch value.kind {
        case VIREO_TF_INT: self = .int(Int(value.integer))
        case VIREO_TF_FLOAT: self = .float(value.real)
        case VIREO_TF_BOOL: self = .bool(value.integer != 0)
        case VIREO_TF_STRING: self = .string([UInt8](value.bytes))
        case VIREO_TF_TYPE: self = .type(DataType(rawValue: Int32(truncatingIfNeeded: value.integer)))
        case VIREO_TF_SHAPE: self = .shape(try PartialShape(value.shape))
        case VIREO_TF_TENSOR: self = .tensor(try TensorProto(value.tensor, message))
        case VIREO_TF_PLACEHOLDER: self = .placeholder(String(value.bytes))
        case VIREO_TF_FUNCTION:
            self = .function(
                name: String(value.bytes),
                attributes: try AttrValue.attributes(value.attributes, value.attribute_count, message))
        case VIREO_TF_LIST:
            var items: [AttrValue] = []
            items.reserveCapacity(value.item_count)
            for item in UnsafeBufferPointer(start: value.items, count: value.item_count) {
                items.append(try AttrValue(item, message))
            }
            self = .list(items)
        default: self = .empty
        }
    }
}

extension PartialShape {
    init(_ shape: vireo_tf_shape) throws(VireoError) {
        guard !shape.has_unknown_rank else {
            self = .unranked
            return
        }
        var dimensions: [Dimension] = []
        for extent in UnsafeBufferPointer(start: shape.dimensions, count: shape.rank) {
            guard extent >= -1 else { throw VireoError(.malformedFile, "a dimension of \(extent) in a shape") }
            dimensions.append(extent == -1 ? .dynamic : Dimension(Int(extent)))
        }
        self = .ranked(dimensions)
    }
}

extension String {
    fileprivate init(_ bytes: vireo_tf_bytes) {
        self = String(decoding: UnsafeBufferPointer(start: bytes.data, count: bytes.count), as: UTF8.self)
    }
}

extension [String] {
    fileprivate init(_ list: UnsafePointer<vireo_tf_bytes>?, _ count: Int) {
        self = UnsafeBufferPointer(start: list, count: count).map { String($0) }
    }
}

extension [UInt8] {
    init(_ bytes: vireo_tf_bytes) { self = Array(UnsafeBufferPointer(start: bytes.data, count: bytes.count)) }
}
