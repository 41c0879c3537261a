import VireoTensor

/// A node of a TensorFlow graph: an operation with its inputs and attributes.
public struct NodeDef: Sendable {
    public let name: String
    /// The operation's type, such as `Conv2D`.
    public let op: String
    /// What flows in, in the operation's order.
    public let inputs: [TensorRef]
    /// The nodes that run before this one without giving it a value.
    public let controlInputs: [String]
    /// The device that the author asked for; empty where there was no wish.
    public let device: String
    public let attributes: [String: AttrValue]

    public init(
        _ name: String, op: String, inputs: [TensorRef] = [], controlInputs: [String] = [], device: String = "",
        attributes: [String: AttrValue] = [:]
    ) {
        self.name = name
        self.op = op
        self.inputs = inputs
        self.controlInputs = controlInputs
        self.device = device
        self.attributes = attributes
    }

    /// The node as a place in an error: `node "conv1" (Conv2D)`.
    public var place: String { "node \"\(name)\" (\(op))" }
}

// MARK: - Attributes by type

/// Each accessor throws `malformedFile`, with the node's place, when the attribute has another type, or is absent and
/// there is no `fallback`.
extension NodeDef {
    public func int(_ name: String, default fallback: Int? = nil) throws(VireoError) -> Int {
        try value(name, "an integer", fallback) { if case .int(let value) = $0 { value } else { nil } }
    }

    public func float(_ name: String, default fallback: Float? = nil) throws(VireoError) -> Float {
        try value(name, "a float", fallback) { if case .float(let value) = $0 { value } else { nil } }
    }

    public func bool(_ name: String, default fallback: Bool? = nil) throws(VireoError) -> Bool {
        try value(name, "a bool", fallback) { if case .bool(let value) = $0 { value } else { nil } }
    }

    /// A string attribute that is text, such as `padding` or `data_format`.
    public func string(_ name: String, default fallback: String? = nil) throws(VireoError) -> String {
        try value(name, "a string in UTF-8", fallback) {
            if case .string(let value) = $0 { String(validating: value, as: UTF8.self) } else { nil }
        }
    }

    public func type(_ name: String, default fallback: DataType? = nil) throws(VireoError) -> DataType {
        try value(name, "a type", fallback) { if case .type(let value) = $0 { value } else { nil } }
    }

    public func shape(_ name: String, default fallback: PartialShape? = nil) throws(VireoError) -> PartialShape {
        try value(name, "a shape", fallback) { if case .shape(let value) = $0 { value } else { nil } }
    }

    public func tensor(_ name: String) throws(VireoError) -> TensorProto {
        try value(name, "a tensor", nil) { if case .tensor(let value) = $0 { value } else { nil } }
    }

    public func ints(_ name: String, default fallback: [Int]? = nil) throws(VireoError) -> [Int] {
        try list(name, "integers", fallback) { if case .int(let value) = $0 { value } else { nil } }
    }

    public func floats(_ name: String, default fallback: [Float]? = nil) throws(VireoError) -> [Float] {
        try list(name, "floats", fallback) { if case .float(let value) = $0 { value } else { nil } }
    }

    public func bools(_ name: String, default fallback: [Bool]? = nil) throws(VireoError) -> [Bool] {
        try list(name, "bools", fallback) { if case .bool(let value) = $0 { value } else { nil } }
    }

    public func strings(_ name: String, default fallback: [String]? = nil) throws(VireoError) -> [String] {
        try list(name, "strings in UTF-8", fallback) {
            if case .string(let value) = $0 { String(validating: value, as: UTF8.self) } else { nil }
        }
    }

    public func types(_ name: String, default fallback: [DataType]? = nil) throws(VireoError) -> [DataType] {
        try list(name, "types", fallback) { if case .type(let value) = $0 { value } else { nil } }
    }

    public func shapes(_ name: String, default fallback: [PartialShape]? = nil) throws(VireoError) -> [PartialShape] {
        try list(name, "shapes", fallback) { if case .shape(let value) = $0 { value } else { nil } }
    }

    private func value<Value>(
        _ name: String, _ expected: String, _ fallback: Value?, _ convert: (AttrValue) -> Value?
    ) throws(VireoError) -> Value {
        guard let attribute = attributes[name] else {
            if let fallback { return fallback }
            throw VireoError(.malformedFile, "the attribute \"\(name)\" is missing", in: [place])
        }
        guard let value = convert(attribute) else {
            throw VireoError(
                .malformedFile, "the attribute \"\(name)\" is \(attribute.kind) and should be \(expected)", in: [place])
        }
        return value
    }

    private func list<Value>(
        _ name: String, _ expected: String, _ fallback: [Value]?, _ convert: (AttrValue) -> Value?
    ) throws(VireoError) -> [Value] {
        try value(name, "a list of \(expected)", fallback) { attribute in
            guard case .list(let items) = attribute else { return nil }
            let values = items.compactMap(convert)
            return values.count == items.count ? values : nil
        }
    }
}
