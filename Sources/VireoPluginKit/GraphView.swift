import CVireoPlugin
import VireoTensor

/// A graph that the host lends for one call, copied into Swift values. Only the bytes of constants stay the host's:
/// they are valid until the executable made from the graph is destroyed.
public struct GraphView {
    /// In topological order.
    public let nodes: [NodeView]
    public let values: [ValueView]
    /// Indices of values, in the order of `execute`'s buffers.
    public let inputs: [Int]
    public let outputs: [Int]
    /// The host's graph, for what is asked during the call only.
    private var lent: (graph: OpaquePointer, host: Host)?

    public init(_ graph: OpaquePointer, host: Host) {
        let api = host.api
        let values = (0..<api.value_count(graph)).map { index -> ValueView in
            var info = vireo_tensor_info()
            info.struct_size = MemoryLayout<vireo_tensor_info>.size
            api.value_info(graph, Int32(index), &info)
            var byteCount = 0
            let bytes = api.value_constant(graph, Int32(index), &byteCount)
            return ValueView(
                elementType: ElementType(rawValue: info.element_type) ?? .dynamic, shape: PartialShape(info),
                constant: bytes.map { UnsafeRawBufferPointer(start: $0, count: byteCount) })
        }
        let nodes = (0..<api.graph_node_count(graph)).map { index -> NodeView in
            NodeView(api.graph_node(graph, index)!, host)
        }
        self.init(
            nodes: nodes, values: values,
            inputs: (0..<api.graph_input_count(graph)).map { Int(api.graph_input(graph, $0)) },
            outputs: (0..<api.graph_output_count(graph)).map { Int(api.graph_output(graph, $0)) })
        lent = (graph, host)
    }

    /// A graph made by hand: nodes in topological order, and the values that their ports name.
    public init(nodes: [NodeView], values: [ValueView], inputs: [Int], outputs: [Int]) {
        var nodes = nodes
        var values = values
        for index in nodes.indices {
            nodes[index].index = index
            for input in nodes[index].inputs where input >= 0 { values[input].consumers.append(index) }
            for output in nodes[index].outputs { values[output].producer = index }
        }
        for output in outputs { values[output].isGraphOutput = true }
        self.nodes = nodes
        self.values = values
        self.inputs = inputs
        self.outputs = outputs
    }

    /// Equal only for constants of equal bytes, in this process and in later ones; constants in files need not be read
    /// for it. Nil for values that are no constants, and for constants in a file that has just changed. To be asked
    /// during the call only to which the graph was lent.
    public func fingerprint(ofConstant value: Int) -> Fingerprint? {
        if let lent, lent.host.knowsConstants { return lent.host.fingerprint(of: value, in: lent.graph) }
        return values[value].constant.map { Fingerprint(of: $0) }
    }

    /// Says that nothing more will be read of a constant soon, whose bytes stay valid: memory that reading it from a
    /// file took is given back. To be said during the call only to which the graph was lent.
    public func unload(constant value: Int) {
        if let lent, lent.host.knowsConstants { lent.host.unload(value, in: lent.graph) }
    }

    public func input(_ index: Int, of node: NodeView) -> ValueView { values[node.inputs[index]] }
    public func output(_ index: Int, of node: NodeView) -> ValueView { values[node.outputs[index]] }

    /// The one node that reads `value`, when nobody else sees it.
    public func soleConsumer(of value: Int) -> NodeView? {
        guard values[value].consumers.count == 1, !values[value].isGraphOutput else { return nil }
        return nodes[values[value].consumers[0]]
    }
}

/// One value of a graph: an input, a constant or what a node computes.
public struct ValueView {
    public let elementType: ElementType
    public let shape: PartialShape
    /// The elements of a constant.
    public let constant: UnsafeRawBufferPointer?
    /// Index of the node that computes it.
    public fileprivate(set) var producer: Int?
    /// Indices of the nodes that read it, once for each reading port.
    public fileprivate(set) var consumers: [Int] = []
    public fileprivate(set) var isGraphOutput = false

    public init(elementType: ElementType, shape: PartialShape, constant: UnsafeRawBufferPointer? = nil) {
        self.elementType = elementType
        self.shape = shape
        self.constant = constant
    }

    /// The dimensions when all are known.
    public var dimensions: [Int]? { shape.shape?.dimensions }

    /// A floating-point constant (f32 or f16) as single-precision numbers.
    public var floats: [Float]? {
        guard let constant else { return nil }
        switch elementType {
        case .f32: return Array(constant.bindMemory(to: Float.self))
        case .f16: return constant.bindMemory(to: Float16.self).map { Float($0) }
        default: return nil
        }
    }

    /// An integer constant (i64 or i32).
    public var integers: [Int]? {
        guard let constant else { return nil }
        switch elementType {
        case .i64: return constant.bindMemory(to: Int64.self).map { Int($0) }
        case .i32: return constant.bindMemory(to: Int32.self).map { Int($0) }
        default: return nil
        }
    }
}

/// One operation of a graph.
public struct NodeView {
    /// The position in `GraphView.nodes`.
    public fileprivate(set) var index = 0
    /// The specification's name: "Convolution".
    public let opType: String
    public let opset: String
    public let name: String
    /// Indices of values; -1 for an input that is left out.
    public let inputs: [Int]
    public let outputs: [Int]
    public let attributes: [String: Attribute]
    /// The graphs inside the node: one of TensorIterator and Loop, two of If. How they are tied to the node is in its
    /// attributes, as the ABI says.
    public let bodies: [GraphView]

    public enum Attribute: Equatable, Sendable {
        case integers([Int])
        case numbers([Double])
        case string(String)
    }

    public init(
        _ opType: String, opset: String = "opset1", name: String, inputs: [Int], outputs: [Int],
        attributes: [String: Attribute] = [:], bodies: [GraphView] = []
    ) {
        self.opType = opType
        self.opset = opset
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.attributes = attributes
        self.bodies = bodies
    }

    fileprivate init(_ node: OpaquePointer, _ host: Host) {
        let api = host.api
        opType = String(cString: api.node_op_type(node)!)
        opset = String(cString: api.node_opset(node)!)
        name = String(cString: api.node_name(node)!)
        inputs = (0..<api.node_input_count(node)).map { Int(api.node_input(node, $0)) }
        outputs = (0..<api.node_output_count(node)).map { Int(api.node_output(node, $0)) }
        var attributes: [String: Attribute] = [:]
        for index in 0..<api.node_attribute_count(node) {
            var attribute = vireo_attribute()
            attribute.struct_size = MemoryLayout<vireo_attribute>.size
            api.node_attribute(node, index, &attribute)
            attributes[String(cString: attribute.key)] = Attribute(attribute)
        }
        self.attributes = attributes
        // A host of ABI 1.0 has no bodies.
        let bodyCount = api.node_body_count.map { $0(node) } ?? 0
        bodies = (0..<bodyCount).map { GraphView(api.node_body(node, $0)!, host: host) }
    }

    /// The same node with other inputs and attributes, for a backend that merges what comes before it.
    public func replacing(inputs: [Int], attributes changes: [String: Attribute]) -> NodeView {
        var node = NodeView(
            opType, opset: opset, name: name, inputs: inputs, outputs: outputs,
            attributes: attributes.merging(changes) { $1 }, bodies: bodies)
        node.index = index
        return node
    }

    /// - Throws: `invalidArgument` when the attribute is missing or of another kind, as for the accessors below.
    public func integers(_ key: String) throws(VireoError) -> [Int] {
        guard case .integers(let values)? = attributes[key] else { throw missing(key, "a list of integers") }
        return values
    }

    public func integer(_ key: String) throws(VireoError) -> Int {
        guard case .integers(let values)? = attributes[key], values.count == 1 else { throw missing(key, "an integer") }
        return values[0]
    }

    public func boolean(_ key: String) throws(VireoError) -> Bool { try integer(key) != 0 }

    public func number(_ key: String) throws(VireoError) -> Double {
        switch attributes[key] {
        case .numbers(let values) where values.count == 1: return values[0]
        case .integers(let values) where values.count == 1: return Double(values[0])
        default: throw missing(key, "a number")
        }
    }

    public func numbers(_ key: String) throws(VireoError) -> [Double] {
        switch attributes[key] {
        case .numbers(let values): return values
        case .integers(let values): return values.map { Double($0) }
        default: throw missing(key, "a list of numbers")
        }
    }

    public func string(_ key: String) throws(VireoError) -> String {
        guard case .string(let value)? = attributes[key] else { throw missing(key, "a string") }
        return value
    }

    private func missing(_ key: String, _ kind: String) -> VireoError {
        VireoError(.invalidArgument, "\(opType) needs the attribute \"\(key)\", \(kind)", in: ["node \"\(name)\""])
    }
}

extension NodeView.Attribute {
    fileprivate init(_ attribute: vireo_attribute) {
        switch attribute.kind {
        case VIREO_ATTRIBUTE_I64_LIST:
            self = .integers(UnsafeBufferPointer(start: attribute.i64, count: attribute.count).map { Int($0) })
        case VIREO_ATTRIBUTE_F64_LIST:
            self = .numbers(Array(UnsafeBufferPointer(start: attribute.f64, count: attribute.count)))
        default:
            self = .string(String(cString: attribute.string))
        }
    }
}

extension PartialShape {
    init(_ info: vireo_tensor_info) {
        guard info.rank >= 0 else {
            self = .unranked
            return
        }
        let dims = UnsafeBufferPointer(start: info.dims, count: Int(info.rank))
        self = .ranked(dims.map { $0 < 0 ? .dynamic : Dimension(Int($0)) })
    }
}
