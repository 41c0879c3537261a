import VireoTensor

/// The identity of a node within its model.
public struct NodeID: Hashable, Sendable, Comparable {
    let slot: Int
    init(slot: Int) { self.slot = slot }
    public static func < (left: NodeID, right: NodeID) -> Bool { left.slot < right.slot }
}

/// A value of a model: output number `index` of a node.
public struct Output: Hashable, Sendable {
    public let node: NodeID
    public let index: Int

    public init(_ node: NodeID, _ index: Int = 0) {
        self.node = node
        self.index = index
    }
}

/// A place that reads a value: input number `index` of a node.
public struct Use: Hashable, Sendable {
    public let node: NodeID
    public let index: Int

    public init(_ node: NodeID, _ index: Int) {
        self.node = node
        self.index = index
    }
}

/// An operation in a model, with the values it reads and the types of those it makes.
public struct Node: Sendable {
    public let id: NodeID
    /// Unique within the model.
    public internal(set) var name: String
    public internal(set) var operation: any Operation
    public internal(set) var inputs: [Output]
    public internal(set) var outputs: [OutputPort]
    /// Text that tools attach to a node and that survives a round trip: `fused_names_0`, `layout_0`.
    public var runtimeInfo: [RuntimeInfo] = []

    public var type: String { operation.type }

    /// The graphs inside the operation.
    public var bodies: [Body] { operation.bodies }

    /// Whether the node does something when nobody reads it.
    var isKept: Bool { operation is Parameter || operation is Result || operation is Assign }

    /// "conv1" (Convolution)
    public var label: String { "\"\(name)\" (\(type))" }
}

public struct OutputPort: Sendable {
    public internal(set) var type: ValueType
    /// The framework's names of this tensor, such as "input:0".
    public internal(set) var tensorNames: [String] = []
    /// Text that tools attach to a value, such as its layout.
    public internal(set) var runtimeInfo: [RuntimeInfo] = []
    /// The value where inference knows it: a constant's tensor, or the result of shape arithmetic.
    public internal(set) var knownValue: Tensor?
}

/// An `rt_info` element of the IR: a name, attributes, and children.
public struct RuntimeInfo: Equatable, Sendable {
    public var name: String
    public var attributes: [Attribute]
    public var children: [RuntimeInfo]

    public struct Attribute: Equatable, Sendable {
        public var key: String
        public var value: String
        public init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    public init(_ name: String, attributes: [Attribute] = [], children: [RuntimeInfo] = []) {
        self.name = name
        self.attributes = attributes
        self.children = children
    }

    /// `<name value="…"/>`
    public init(_ name: String, value: String) { self.init(name, attributes: [Attribute("value", value)]) }

    public subscript(key: String) -> String? { attributes.first { $0.key == key }?.value }

    public func child(_ name: String) -> RuntimeInfo? { children.first { $0.name == name } }
}
