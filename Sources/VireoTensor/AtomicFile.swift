import Glibc
import Synchronization

/// A file being written that appears under its name only when it is complete.
///
/// Bytes go to a temporary file in the same folder; `commit()` renames it. Without a commit, whether by an error, by
/// `cancel()` or by letting the object go, the temporary file is removed and what was there before stays.
public final class AtomicFile {
    /// The name the file will have. A symbolic link is followed, so that the file it names is the one replaced.
    public let path: String
    /// How many bytes have been written.
    public private(set) var offset = 0

    private let temporaryPath: String
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private var isFinished = false
    private static let bufferSize = 1 << 16
    private static let serial = Atomic<Int>(0)

    /// Opens a temporary file beside `path`.
    /// - Throws: `inputOutput` or `notFound` when the folder is absent or cannot be written, or when `path` is
    ///   something other than a regular file.
    public init(path: String) throws(VireoError) {
        var destination = path
        var status = stat()
        if stat(path, &status) == 0 {
            let kind = status.st_mode & S_IFMT
            guard kind == S_IFREG else {
                throw VireoError(
                    .inputOutput, "cannot write \(path): it is \(kind == S_IFDIR ? "a folder" : "no regular file")",
                    remedy: "choose another name")
            }
            if let resolved = realpath(path, nil) {
                destination = String(cString: resolved)
                free(resolved)
            }
        }
        let serial = AtomicFile.serial.wrappingAdd(1, ordering: .relaxed).newValue
        let folder = destination.lastIndex(of: "/").map { destination[...$0] } ?? ""
        let temporary = "\(folder).vireo-\(getpid())-\(serial).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw VireoError(systemCall: "cannot write \(path)", because: errno) }
        self.path = destination
        self.temporaryPath = temporary
        self.descriptor = descriptor
    }

    deinit { cancel() }

    /// Appends bytes.
    /// - Throws: `inputOutput` when the disk is full or the file cannot be written; the file is then cancelled.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(VireoError) {
        precondition(descriptor >= 0, "\(path) was committed or cancelled")
        offset += bytes.count
        if buffer.count + bytes.count > AtomicFile.bufferSize { try flush() }
        if bytes.count >= AtomicFile.bufferSize {
            try send(bytes)
        } else {
            buffer.append(contentsOf: bytes)
        }
    }

    /// Appends bytes.
    public func write(_ bytes: [UInt8]) throws(VireoError) {
        try bytes.withUnsafeBufferPointer { (elements) throws(VireoError) in
            try write(UnsafeRawBufferPointer(elements))
        }
    }

    /// Appends text in UTF-8.
    public func write(_ text: String) throws(VireoError) { try write(Array(text.utf8)) }

    /// Sets aside `byteCount` bytes at the end for `write(_:at:)`, and returns where they begin. They are zeros until
    /// then.
    public func reserve(_ byteCount: Int) throws(VireoError) -> Int {
        try flush()
        let start = offset
        guard lseek(descriptor, off_t(byteCount), SEEK_CUR) >= 0, ftruncate(descriptor, off_t(start + byteCount)) == 0
        else { throw failed(because: errno) }
        offset += byteCount
        return start
    }

    /// Writes bytes into what was reserved. Several threads may do so at once, each its own part.
    /// - Throws: `inputOutput` when the disk is full or the file cannot be written; cancelling is left to the owner.
    public func write(_ bytes: UnsafeRawBufferPointer, at position: Int) throws(VireoError) {
        precondition(descriptor >= 0 && position >= 0 && bytes.count <= offset - position, "\(path): not reserved")
        var rest = bytes
        while let base = rest.baseAddress, rest.count > 0 {
            let count = pwrite(descriptor, base, rest.count, off_t(position + bytes.count - rest.count))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw VireoError(systemCall: "cannot write \(path)", because: errno) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Appends zeros until `offset` is a multiple of `alignment`.
    public func pad(to alignment: Int) throws(VireoError) {
        let excess = offset % alignment
        if excess > 0 { try write([UInt8](repeating: 0, count: alignment - excess)) }
    }

    /// Writes what is left in memory, so that `commit()` has only the renaming to do. Several files that belong
    /// together are all finished before the first is committed.
    /// - Throws: `inputOutput` when the last bytes cannot be written; the file is then cancelled.
    public func finish() throws(VireoError) {
        guard !isFinished else { return }
        precondition(descriptor >= 0, "\(path) was committed or cancelled")
        try flush()
        let closed = close(descriptor)
        descriptor = -1
        guard closed == 0 else {
            let code = errno
            unlink(temporaryPath)
            throw VireoError(systemCall: "cannot write \(path)", because: code)
        }
        isFinished = true
    }

    /// Gives the file its name, replacing what had it.
    /// - Throws: `inputOutput` when the last bytes cannot be written or the file cannot be renamed.
    public func commit() throws(VireoError) {
        try finish()
        isFinished = false
        guard rename(temporaryPath, path) == 0 else {
            let code = errno
            unlink(temporaryPath)
            throw VireoError(systemCall: "cannot write \(path)", because: code)
        }
    }

    /// Removes the temporary file. Does nothing after `commit()`.
    public func cancel() {
        guard descriptor >= 0 || isFinished else { return }
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        isFinished = false
        buffer = []
        unlink(temporaryPath)
    }

    private func flush() throws(VireoError) {
        let bytes = buffer
        buffer.removeAll(keepingCapacity: true)
        let code = bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
        if code != 0 { throw failed(because: code) }
    }

    private func send(_ bytes: UnsafeRawBufferPointer) throws(VireoError) {
        let code = writeAll(bytes, to: descriptor)
        if code != 0 { throw failed(because: code) }
    }

    private func failed(because code: Int32) -> VireoError {
        cancel()
        return VireoError(systemCall: "cannot write \(path)", because: code)
    }
}

/// Writes every byte to `descriptor`; returns 0 or the system's error number.
package func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
    var rest = bytes
    while let base = rest.baseAddress, rest.count > 0 {
        let count = write(descriptor, base, rest.count)
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { return errno }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
    return 0
}
