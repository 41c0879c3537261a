/// The type of one tensor element. Raw values are the codes of the plugin ABI.
public enum ElementType: Int32, Sendable, CaseIterable, Hashable {
    case dynamic = 0
    case f64 = 1
    case f32 = 2
    case f16 = 3
    case bf16 = 4
    case i64 = 5
    case i32 = 6
    case i16 = 7
    case i8 = 8
    case i4 = 9
    case u64 = 10
    case u32 = 11
    case u16 = 12
    case u8 = 13
    case u4 = 14
    case u1 = 15
    case boolean = 16
    case string = 17
    case nf4 = 18

    /// Width in bits; nil where elements have no fixed width.
    public var bitWidth: Int? {
        switch self {
        case .dynamic, .string: nil
        case .f64, .i64, .u64: 64
        case .f32, .i32, .u32: 32
        case .f16, .bf16, .i16, .u16: 16
        case .i8, .u8, .boolean: 8
        case .i4, .u4, .nf4: 4
        case .u1: 1
        }
    }

    /// Width in bytes of types that occupy whole bytes.
    public var byteWidth: Int? {
        guard let bitWidth, bitWidth >= 8 else { return nil }
        return bitWidth / 8
    }

    public var isFloatingPoint: Bool {
        switch self {
        case .f64, .f32, .f16, .bf16: true
        default: false
        }
    }

    public var isInteger: Bool {
        switch self {
        case .i64, .i32, .i16, .i8, .i4, .u64, .u32, .u16, .u8, .u4, .u1: true
        default: false
        }
    }

    /// Bytes that `count` elements occupy, or nil on overflow and for types without a fixed width.
    public func byteCount(of count: Int) -> Int? {
        guard let bitWidth else { return nil }
        if bitWidth >= 8 {
            let (bytes, overflow) = count.multipliedReportingOverflow(by: bitWidth / 8)
            return overflow ? nil : bytes
        }
        let (bits, overflow) = count.multipliedReportingOverflow(by: bitWidth)
        return overflow ? nil : (bits / 8 + (bits % 8 == 0 ? 0 : 1))
    }
}

/// A Swift type that holds one element of a tensor.
public protocol TensorElement: Sendable, BitwiseCopyable {
    static var elementType: ElementType { get }
}

extension Double: TensorElement { public static var elementType: ElementType { .f64 } }
extension Float: TensorElement { public static var elementType: ElementType { .f32 } }
extension Float16: TensorElement { public static var elementType: ElementType { .f16 } }
extension Int64: TensorElement { public static var elementType: ElementType { .i64 } }
extension Int32: TensorElement { public static var elementType: ElementType { .i32 } }
extension Int16: TensorElement { public static var elementType: ElementType { .i16 } }
extension Int8: TensorElement { public static var elementType: ElementType { .i8 } }
extension UInt64: TensorElement { public static var elementType: ElementType { .u64 } }
extension UInt32: TensorElement { public static var elementType: ElementType { .u32 } }
extension UInt16: TensorElement { public static var elementType: ElementType { .u16 } }
extension UInt8: TensorElement { public static var elementType: ElementType { .u8 } }
extension Bool: TensorElement { public static var elementType: ElementType { .boolean } }
