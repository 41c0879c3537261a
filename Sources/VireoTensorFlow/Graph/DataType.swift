import VireoTensor

/// TensorFlow's code of an element type (`DataType` in types.proto). Codes that TensorFlow may add later are kept.
public struct DataType: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32

    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let invalid = DataType(rawValue: 0)
    public static let float = DataType(rawValue: 1)
    public static let double = DataType(rawValue: 2)
    public static let int32 = DataType(rawValue: 3)
    public static let uint8 = DataType(rawValue: 4)
    public static let int16 = DataType(rawValue: 5)
    public static let int8 = DataType(rawValue: 6)
    public static let string = DataType(rawValue: 7)
    public static let complex64 = DataType(rawValue: 8)
    public static let int64 = DataType(rawValue: 9)
    public static let bool = DataType(rawValue: 10)
    public static let qint8 = DataType(rawValue: 11)
    public static let quint8 = DataType(rawValue: 12)
    public static let qint32 = DataType(rawValue: 13)
    public static let bfloat16 = DataType(rawValue: 14)
    public static let qint16 = DataType(rawValue: 15)
    public static let quint16 = DataType(rawValue: 16)
    public static let uint16 = DataType(rawValue: 17)
    public static let complex128 = DataType(rawValue: 18)
    public static let half = DataType(rawValue: 19)
    public static let resource = DataType(rawValue: 20)
    public static let variant = DataType(rawValue: 21)
    public static let uint32 = DataType(rawValue: 22)
    public static let uint64 = DataType(rawValue: 23)

    private static let firstReference: Int32 = 100

    /// Whether values of the type are references to a variable.
    public var isReference: Bool { rawValue > DataType.firstReference }

    /// The type of the value that a reference points to; the type itself otherwise.
    public var base: DataType { isReference ? DataType(rawValue: rawValue - DataType.firstReference) : self }

    /// The element type that holds such values; quantized types are the integers they are stored as. Nil for types
    /// that no tensor of ours can hold, such as complex numbers and resources.
    public var elementType: ElementType? {
        switch base {
        case .float: .f32
        case .double: .f64
        case .half: .f16
        case .bfloat16: .bf16
        case .int64: .i64
        case .int32, .qint32: .i32
        case .int16, .qint16: .i16
        case .int8, .qint8: .i8
        case .uint64: .u64
        case .uint32: .u32
        case .uint16, .quint16: .u16
        case .uint8, .quint8: .u8
        case .bool: .boolean
        case .string: .string
        default: nil
        }
    }

    /// The type that TensorFlow stores elements of `elementType` as; nil where it has none.
    public init?(_ elementType: ElementType) {
        switch elementType {
        case .f32: self = .float
        case .f64: self = .double
        case .f16: self = .half
        case .bf16: self = .bfloat16
        case .i64: self = .int64
        case .i32: self = .int32
        case .i16: self = .int16
        case .i8: self = .int8
        case .u64: self = .uint64
        case .u32: self = .uint32
        case .u16: self = .uint16
        case .u8: self = .uint8
        case .boolean: self = .bool
        case .string: self = .string
        case .dynamic, .i4, .u4, .u1, .nf4: return nil
        }
    }
}

extension DataType: CustomStringConvertible {
    /// The name that TensorFlow's Python interface prints, such as `float32`; references end in `_ref`.
    public var description: String {
        (DataType.names[base] ?? "type \(base.rawValue)") + (isReference ? "_ref" : "")
    }

    private static let names: [DataType: String] = [
        .invalid: "invalid", .float: "float32", .double: "float64", .int32: "int32", .uint8: "uint8", .int16: "int16",
        .int8: "int8", .string: "string", .complex64: "complex64", .int64: "int64", .bool: "bool", .qint8: "qint8",
        .quint8: "quint8", .qint32: "qint32", .bfloat16: "bfloat16", .qint16: "qint16", .quint16: "quint16",
        .uint16: "uint16", .complex128: "complex128", .half: "float16", .resource: "resource", .variant: "variant",
        .uint32: "uint32", .uint64: "uint64",
    ]
}
