extension Float {
    /// The bits of the nearest bf16, which are the upper half of an f32's: of two, the even one. A NaN stays a quiet NaN.
    @inlinable package var bfloat16Bits: UInt16 {
        let bits = bitPattern
        // Rounding could carry a NaN over into a number.
        if isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
        return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
    }
}
