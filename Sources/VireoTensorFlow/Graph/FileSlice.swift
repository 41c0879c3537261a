import VireoTensor

/// A part of a file in memory, which it keeps there.
struct FileSlice: @unchecked Sendable {
    let file: FileBytes
    let bytes: UnsafeRawBufferPointer

    init(_ file: FileBytes) {
        self.file = file
        bytes = file.bytes
    }

    private init(_ file: FileBytes, _ bytes: UnsafeRawBufferPointer) {
        self.file = file
        self.bytes = bytes
    }

    var count: Int { bytes.count }

    /// The part of `count` bytes from `offset` on; nil when it does not lie inside.
    func slice(at offset: Int, count: Int) -> FileSlice? {
        guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else { return nil }
        return FileSlice(file, UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
    }

    /// The bytes as a tensor: a view where they are aligned, a copy otherwise.
    /// - Throws: `malformedFile` when they are not the size of the tensor, `unsupported` for types without an element
    ///   type of ours.
    func tensor(_ dataType: DataType, _ shape: Shape) throws(VireoError) -> Tensor {
        guard let elementType = dataType.elementType, let width = elementType.byteWidth else {
            throw VireoError(.unsupported, "a tensor of type \(dataType) cannot be read")
        }
        guard elementType.byteCount(of: shape.elementCount) == bytes.count else {
            throw VireoError(
                .malformedFile, "a tensor \(dataType)\(shape) has \(bytes.count) bytes, which is not its size")
        }
        if UInt(bitPattern: bytes.baseAddress) % UInt(width) == 0, elementType != .boolean {
            let file = file
            let storage = TensorStorage(
                adopting: UnsafeMutableRawBufferPointer(mutating: bytes), isWritable: false,
                release: { _ in withExtendedLifetime(file) {} })
            return try Tensor(elementType, shape, viewing: storage)
        }
        var tensor = try Tensor(zeros: elementType, shape)
        tensor.withUnsafeMutableBytes { copy in
            if elementType == .boolean {
                for (index, byte) in bytes.enumerated() { copy[index] = byte == 0 ? 0 : 1 }
            } else {
                copy.copyMemory(from: bytes)
            }
        }
        return tensor
    }
}
