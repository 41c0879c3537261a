import Glibc

/// A regular file opened for reading. Folders, pipes and devices are refused.
public struct RegularFile: ~Copyable, Sendable {
    public let path: String
    /// The size in bytes when it was opened.
    public let size: Int
    /// What tells the file's contents from all others that this machine has had: where the file is, and when it was
    /// last changed. Nil for a file that changed a moment ago and may change again within the same tick of the file
    /// system's clock.
    let identity: Fingerprint?
    let descriptor: Int32

    /// - Throws: `notFound` or `inputOutput`, with what to do about it.
    public init(path: String) throws(VireoError) {
        // Without O_NONBLOCK, opening a pipe nobody writes to would wait for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw VireoError(opening: path, because: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw VireoError(systemCall: "cannot examine \(path)", because: code)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a pipe or a device"
            throw VireoError(.inputOutput, "\(path) is \(kind), not a regular file", remedy: "name a file")
        }
        self.path = path
        self.size = Int(status.st_size)
        self.identity = RegularFile.identity(status)
        self.descriptor = descriptor
    }

    /// The time of the last change of status is part of it because no program can set it back.
    private static func identity(_ status: stat) -> Fingerprint? {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        guard status.st_ctim.tv_sec < now.tv_sec - 2 else { return nil }
        return Fingerprint(
            of:
                "\(status.st_dev) \(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec) "
                + "\(status.st_ctim.tv_sec) \(status.st_ctim.tv_nsec)")
    }

    deinit { close(descriptor) }

    /// Fills `buffer` with the bytes from `offset` on.
    /// - Throws: `inputOutput` when the file cannot be read or ends before the buffer is full.
    public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(VireoError) {
        guard let base = buffer.baseAddress else { return }
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw VireoError(systemCall: "cannot read \(path)", because: errno) }
            guard count > 0 else {
                throw VireoError(.inputOutput, "\(path) became shorter while it was read", remedy: "try again")
            }
            done += count
        }
    }

    /// `count` bytes from `offset` on.
    /// - Precondition: the range lies inside the file.
    public func bytes(at offset: Int, count: Int) throws(VireoError) -> [UInt8] {
        precondition(offset >= 0 && count >= 0 && offset <= size && count <= size - offset)
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBufferPointer { (elements) throws(VireoError) in
            try read(at: offset, into: UnsafeMutableRawBufferPointer(elements))
        }
        return bytes
    }
}
