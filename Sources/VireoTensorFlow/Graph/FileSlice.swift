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

    /// The bytes as a tensor. They stay in the file, whether they are aligned there or not, until they are read.
    /// - Throws: `malformedFile` when they are not the size of the tensor, `unsupported` for types without an element
    ///   type of ours.
    func tensor(_ dataType: DataType, _ shape: Shape) throws(VireoError) -> Tensor {
        guard let elementType = dataType.elementType, elementType.byteWidth != nil else {
            throw VireoError(.unsupported, "a tensor of type \(dataType) cannot be read")
        }
        guard elementType.byteCount(of: shape.elementCount) == bytes.count else {
            throw VireoError(
                .malformedFile, "a tensor \(dataType)\(shape) has \(bytes.count) bytes, which is not its size")
        }
        guard elementType != .boolean else { return Tensor(bytes.map { $0 != 0 }, shape) }
        let file = file
        let storage = TensorStorage(
            adopting: UnsafeMutableRawBufferPointer(mutating: bytes), isWritable: false,
            release: { _ in withExtendedLifetime(file) {} })
        return try Tensor(elementType, shape, unaligned: storage)
    }
}
