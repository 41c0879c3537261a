import VireoTensor

extension Tensor {
    /// A tensor of reproducible random values: floating-point ones in 0..<1, integers in 0..<100, booleans.
    /// - Parameter seed: the same seed gives the same values.
    /// - Throws: `unsupported` for element types that are packed or are no numbers.
    public init(random elementType: ElementType, _ shape: Shape, seed: UInt64) throws(VireoError) {
        var sequence = SplitMix64(state: seed)
        func values<Element: TensorElement>(_ make: (UInt64) -> Element) -> Tensor {
            Tensor((0..<shape.elementCount).map { _ in make(sequence.next()) }, shape)
        }
        func fraction(_ bits: UInt64) -> Double { Double(bits >> 11) / Double(1 << 53) }
        // 24 and 11 bits, so that rounding never gives 1.
        switch elementType {
        case .f64: self = values { fraction($0) }
        case .f32: self = values { Float($0 >> 40) / Float(1 << 24) }
        case .f16: self = values { Float16($0 >> 53) / Float16(1 << 11) }
        case .i64: self = values { Int64($0 % 100) }
        case .i32: self = values { Int32($0 % 100) }
        case .i16: self = values { Int16($0 % 100) }
        case .i8: self = values { Int8($0 % 100) }
        case .u64: self = values { $0 % 100 }
        case .u32: self = values { UInt32($0 % 100) }
        case .u16: self = values { UInt16($0 % 100) }
        case .u8: self = values { UInt8($0 % 100) }
        case .boolean: self = values { $0 & 1 == 1 }
        default:
            throw VireoError(
                .unsupported, "no random values are made for \(elementType)", remedy: "give a tensor file with -i")
        }
    }
}

/// Steele, Lea and Flood's SplitMix64 (OOPSLA 2014).
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
