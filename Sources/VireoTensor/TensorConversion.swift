extension Tensor {
    /// The elements as 64-bit integers; floating-point values are truncated towards zero.
    /// - Throws: `unsupported` for types without whole-byte elements, `invalidArgument` for values out of range.
    public func integers() throws(VireoError) -> [Int] {
        switch elementType {
        case .i64: withUnsafeElements(of: Int64.self) { $0.map { Int($0) } }
        case .i32: withUnsafeElements(of: Int32.self) { $0.map { Int($0) } }
        case .i16: withUnsafeElements(of: Int16.self) { $0.map { Int($0) } }
        case .i8: withUnsafeElements(of: Int8.self) { $0.map { Int($0) } }
        case .u64: try withUnsafeElements(of: UInt64.self) { (e) throws(VireoError) in try Tensor.exact(e) }
        case .u32: withUnsafeElements(of: UInt32.self) { $0.map { Int($0) } }
        case .u16: withUnsafeElements(of: UInt16.self) { $0.map { Int($0) } }
        case .u8, .boolean: withUnsafeBytes { $0.map { Int($0) } }
        case .f64, .f32, .f16, .bf16: try Tensor.exact(doubles().map { $0.rounded(.towardZero) })
        default: throw VireoError(.unsupported, "\(elementType) elements cannot be read as integers")
        }
    }

    /// The elements as double-precision numbers.
    /// - Throws: `unsupported` for types without whole-byte elements.
    public func doubles() throws(VireoError) -> [Double] {
        switch elementType {
        case .f64: withUnsafeElements(of: Double.self) { Array($0) }
        case .f32: withUnsafeElements(of: Float.self) { $0.map { Double($0) } }
        case .f16: withUnsafeElements(of: Float16.self) { $0.map { Double($0) } }
        case .bf16:
            withUnsafeBytes { bytes in
                bytes.bindMemory(to: UInt16.self).map { Double(Float(bitPattern: UInt32($0) << 16)) }
            }
        case .u64: withUnsafeElements(of: UInt64.self) { $0.map { Double($0) } }
        default: try integers().map { Double($0) }
        }
    }

    /// A tensor of `elementType` with these values, rounded to the nearest and clamped to the type's range.
    /// - Throws: `unsupported` for types without whole-byte elements.
    public init(_ elementType: ElementType, _ shape: Shape, values: [Double]) throws(VireoError) {
        precondition(shape.elementCount == values.count, "\(values.count) values for shape \(shape)")
        func integer<Value: FixedWidthInteger & TensorElement>(_ type: Value.Type) -> Tensor {
            Tensor(values.map { Tensor.clamp($0, to: Value.self) }, shape)
        }
        switch elementType {
        case .f64: self = Tensor(values, shape)
        case .f32: self = Tensor(values.map { Float($0) }, shape)
        case .f16: self = Tensor(values.map { Float16($0) }, shape)
        case .bf16:
            var tensor = try Tensor(zeros: .bf16, shape)
            tensor.withUnsafeMutableBytes { bytes in
                let bits = bytes.bindMemory(to: UInt16.self)
                for (index, value) in values.enumerated() { bits[index] = Float(value).bfloat16Bits }
            }
            self = tensor
        case .i64: self = integer(Int64.self)
        case .i32: self = integer(Int32.self)
        case .i16: self = integer(Int16.self)
        case .i8: self = integer(Int8.self)
        case .u64: self = integer(UInt64.self)
        case .u32: self = integer(UInt32.self)
        case .u16: self = integer(UInt16.self)
        case .u8: self = integer(UInt8.self)
        case .boolean: self = Tensor(values.map { $0 != 0 }, shape)
        default: throw VireoError(.unsupported, "a tensor of \(elementType) cannot be made from numbers")
        }
    }

    /// The same values in another element type: the meaning of the Convert operation.
    /// Floating point becomes an integer by truncation, and a boolean by comparison with zero.
    public func converted(to type: ElementType) throws(VireoError) -> Tensor {
        if type == elementType { return self }
        if elementType == .f16, type == .f32 {
            return withUnsafeElements(of: Float16.self) { Tensor($0.map { Float($0) }, shape) }
        }
        if elementType == .f32, type == .f16 {
            return withUnsafeElements(of: Float.self) { Tensor($0.map { Float16($0) }, shape) }
        }
        if elementType == .u8, type == .f32 {
            return withUnsafeElements(of: UInt8.self) { Tensor($0.map { Float($0) }, shape) }
        }
        if elementType.isInteger || elementType == .boolean, type == .i64 {
            return Tensor(try integers().map { Int64($0) }, shape)
        }
        var values = try doubles()
        if elementType.isFloatingPoint, type.isInteger { values = values.map { $0.rounded(.towardZero) } }
        return try Tensor(type, shape, values: values)
    }

    private static func clamp<Value: FixedWidthInteger>(_ value: Double, to type: Value.Type) -> Value {
        if value.isNaN { return 0 }
        return Value(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
    }

    private static func exact(_ values: some Sequence<UInt64>) throws(VireoError) -> [Int] {
        var integers: [Int] = []
        for value in values {
            guard let integer = Int(exactly: value) else {
                throw VireoError(.invalidArgument, "\(value) does not fit a 64-bit signed integer")
            }
            integers.append(integer)
        }
        return integers
    }

    private static func exact(_ values: [Double]) throws(VireoError) -> [Int] {
        var integers: [Int] = []
        integers.reserveCapacity(values.count)
        for value in values {
            guard let integer = Int(exactly: value) else {
                throw VireoError(.invalidArgument, "\(value) does not fit a 64-bit signed integer")
            }
            integers.append(integer)
        }
        return integers
    }
}
