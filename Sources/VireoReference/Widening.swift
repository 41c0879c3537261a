import VireoTensor

extension ElementType {
    /// The type that arithmetic on this one is done in.
    var widened: ElementType {
        switch self {
        case .f16, .bf16: .f32
        case .i32, .i16, .i8, .u32, .u16, .u8, .boolean: .i64
        default: self
        }
    }
}

extension Tensor {
    /// The same values in the type that arithmetic is done in.
    func widened() throws(VireoError) -> Tensor { try converted(to: elementType.widened) }

    /// The results of arithmetic in the type that was asked for: integers wrap, floating point is rounded.
    func narrowed(to type: ElementType) throws(VireoError) -> Tensor {
        guard type != elementType else { return self }
        guard elementType == .i64 else { return try converted(to: type) }
        return switch type {
        case .i32: truncated(to: Int32.self)
        case .i16: truncated(to: Int16.self)
        case .i8: truncated(to: Int8.self)
        case .u32: truncated(to: UInt32.self)
        case .u16: truncated(to: UInt16.self)
        case .u8: truncated(to: UInt8.self)
        default: try converted(to: type)
        }
    }

    private func truncated<Narrow: FixedWidthInteger & TensorElement>(to type: Narrow.Type) -> Tensor {
        withUnsafeElements(of: Int64.self) { Tensor($0.map { Narrow(truncatingIfNeeded: $0) }, shape) }
    }

    /// A tensor of `Element` whose elements `fill` writes. They are zero before.
    static func making<Element: TensorElement>(
        _ shape: Shape, of type: Element.Type = Element.self,
        _ fill: (UnsafeMutableBufferPointer<Element>) throws -> Void
    ) throws -> Tensor {
        var tensor = try Tensor(zeros: Element.elementType, shape)
        try tensor.withUnsafeMutableElements(of: Element.self) { elements in try fill(elements) }
        return tensor
    }
}
