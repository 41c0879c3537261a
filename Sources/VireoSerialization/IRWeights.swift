import VireoIR
import VireoTensor

/// The constants of an IR: views into the weights, which are opened when the first is needed.
struct IRWeights {
    private let open: () throws -> TensorStorage
    private var storage: TensorStorage?

    init(_ open: @escaping () throws -> TensorStorage) { self.open = open }

    /// The tensor of a Const layer. It shares the weights' memory unless its bytes are not aligned for its elements or
    /// are booleans other than 0 and 1.
    mutating func tensor(of layer: IRLayer) throws -> Tensor {
        let reader = AttributeReader(text: layer.data)
        let elementType = try reader.elementType("element_type")
        guard let bitWidth = elementType.bitWidth else {
            throw VireoError(.unsupported, "a constant of element type \(elementType)")
        }
        let partial = try reader.shape("shape")
        guard let shape = partial.shape, let byteCount = elementType.byteCount(of: shape.elementCount) else {
            throw VireoError(.malformedFile, "a constant of shape \(partial)")
        }
        let (offset, size) = (try reader.integer("offset"), try reader.integer("size"))
        guard offset >= 0, size >= byteCount else {
            throw VireoError(
                .malformedFile,
                "\(elementType)\(shape) needs \(byteCount) bytes, and offset \(offset) and "
                    + "size \(size) are given")
        }
        guard byteCount > 0 else { return try Tensor(zeros: elementType, shape) }
        let storage = try self.storage ?? open()
        self.storage = storage
        guard offset <= storage.byteCount, size <= storage.byteCount - offset else {
            throw VireoError(
                .malformedFile,
                "the constant lies at bytes \(offset) to \(offset.addingReportingOverflow(size).partialValue) "
                    + "of the weights, which have \(storage.byteCount)",
                remedy: "see whether the weights file is complete and belongs to this model")
        }
        let view = try Tensor(elementType, shape, viewing: storage, byteOffset: offset)
        if elementType == .boolean { return IRWeights.normalized(view) }
        return offset % max(bitWidth / 8, 1) == 0 ? view : try copy(elementType, shape, storage, offset)
    }

    private func copy(
        _ elementType: ElementType, _ shape: Shape, _ storage: TensorStorage, _ offset: Int
    ) throws -> Tensor {
        var copy = try Tensor(zeros: elementType, shape)
        let source = try Tensor(.u8, [copy.byteCount], viewing: storage, byteOffset: offset)
        source.withUnsafeBytes { source in copy.withUnsafeMutableBytes { $0.copyMemory(from: source) } }
        return copy
    }

    private static func normalized(_ tensor: Tensor) -> Tensor {
        guard tensor.withUnsafeBytes({ $0.contains { $0 > 1 } }) else { return tensor }
        var tensor = tensor
        tensor.withUnsafeMutableBytes { bytes in
            for index in bytes.indices where bytes[index] > 1 { bytes[index] = 1 }
        }
        return tensor
    }
}
