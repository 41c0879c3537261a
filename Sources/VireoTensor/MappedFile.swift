import Glibc

/// A whole file mapped into memory for reading: nothing is read before it is used, and pages are shared between
/// processes. The mapping lives as long as any tensor that views `storage`.
///
/// The file must not be shortened while it is mapped. Replacing it by another (as `AtomicFile` does) is fine.
public struct MappedFile: Sendable {
    public let path: String
    /// The file's bytes, for tensors to view. It is never written.
    public let storage: TensorStorage

    /// The size of the file in bytes.
    public var size: Int { storage.byteCount }

    /// - Throws: `notFound`, or `inputOutput` for what is no regular file or cannot be read.
    public init(path: String) throws(VireoError) {
        let file = try RegularFile(path: path)
        self.path = path
        guard file.size > 0 else {
            storage = TensorStorage(byteCount: 0)
            return
        }
        let size = file.size
        guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, file.descriptor, 0), base != MAP_FAILED else {
            throw VireoError(systemCall: "cannot map \(path) into memory", because: errno)
        }
        let bytes = UnsafeMutableRawBufferPointer(start: base, count: size)
        storage = TensorStorage(mapping: bytes, of: file.identity) { munmap($0, size) }
    }

    /// The file's bytes, for the duration of `body`.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result = try body(UnsafeRawBufferPointer(start: storage.base, count: storage.byteCount))
        withExtendedLifetime(storage) {}
        return result
    }
}
