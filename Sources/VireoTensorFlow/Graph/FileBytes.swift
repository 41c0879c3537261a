import VireoTensor

/// The bytes of a model's file: mapped, so that the operating system reads them as they are touched, or a copy of bytes
/// that are in memory already. They stay where they are as long as the object lives.
final class FileBytes: Sendable {
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    /// What holds the bytes: the mapping, or nil for a copy.
    private let mapping: MappedFile?

    /// - Throws: `notFound`, or `inputOutput` for what cannot be opened, is no regular file or cannot be mapped.
    init(path: String) throws(VireoError) {
        let file = try MappedFile(path: path)
        mapping = file
        bytes = file.withUnsafeBytes { $0 }
    }

    convenience init(copying bytes: [UInt8]) { self.init(copying: bytes[...]) }

    init(copying bytes: some Collection<UInt8>) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: TensorStorage.alignment)
        copy.copyBytes(from: bytes)
        self.bytes = UnsafeRawBufferPointer(copy)
        mapping = nil
    }

    deinit { if mapping == nil { bytes.deallocate() } }
}
