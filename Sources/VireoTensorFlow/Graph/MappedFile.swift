import Glibc
import VireoTensor

/// A file in memory that the operating system reads as it is touched, or a copy of bytes in its place.
final class MappedFile: Sendable {
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    private let isMapped: Bool

    /// - Throws: `notFound`, or `inputOutput` for what cannot be opened, is no regular file or cannot be mapped.
    init(path: String) throws(VireoError) {
        isMapped = true
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw MappedFile.refusal(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw MappedFile.refusal(errno) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw VireoError(.inputOutput, "this is a folder, and a file is needed")
        default: throw VireoError(.inputOutput, "this is no regular file")
        }
        let count = Int(status.st_size)
        guard count > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw MappedFile.refusal(errno)
        }
        bytes = UnsafeRawBufferPointer(start: base, count: count)
    }

    convenience init(copying bytes: [UInt8]) { self.init(copying: bytes[...]) }

    init(copying bytes: some Collection<UInt8>) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: TensorStorage.alignment)
        copy.copyBytes(from: bytes)
        self.bytes = UnsafeRawBufferPointer(copy)
        isMapped = false
    }

    deinit {
        if !isMapped {
            bytes.deallocate()
        } else if let base = bytes.baseAddress {
            munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
        }
    }

    private static func refusal(_ code: Int32) -> VireoError {
        switch code {
        case ENOENT, ENOTDIR: VireoError(.notFound, "there is no such file", remedy: "check the path")
        case EACCES:
            VireoError(.inputOutput, "permission to read the file is denied", remedy: "make it readable: chmod u+r")
        default: VireoError(.inputOutput, "the file cannot be read: \(String(cString: strerror(code)))")
        }
    }
}
