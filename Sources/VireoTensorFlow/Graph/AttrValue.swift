import VireoTensor

/// The value of a node's attribute.
public indirect enum AttrValue: Sendable {
    case int(Int)
    case float(Float)
    case bool(Bool)
    /// TensorFlow's strings are bytes; most are ASCII.
    case string([UInt8])
    case type(DataType)
    case shape(PartialShape)
    case tensor(TensorProto)
    case function(name: String, attributes: [String: AttrValue])
    /// Inside a function: the name of the attribute that the caller gives.
    case placeholder(String)
    case list([AttrValue])
    /// An attribute that is present without a value.
    case empty

    /// A string attribute from text.
    public static func string(_ text: String) -> AttrValue { .string(Array(text.utf8)) }

    /// What the value is, for messages.
    var kind: String {
        switch self {
        case .int: "an integer"
        case .float: "a float"
        case .bool: "a bool"
        case .string: "a string"
        case .type: "a type"
        case .shape: "a shape"
        case .tensor: "a tensor"
        case .function: "a function"
        case .placeholder: "a placeholder"
        case .list: "a list"
        case .empty: "no value"
        }
    }
}
