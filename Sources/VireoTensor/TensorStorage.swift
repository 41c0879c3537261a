import Synchronization

/// The memory behind one or more tensors: allocated here, borrowed from an owner that `release` lets go, or computed
/// when it is first read.
///
/// Memory is written only through a `Tensor` that is its sole owner, so sharing it between tasks is safe.
public final class TensorStorage: @unchecked Sendable {
    public let byteCount: Int
    let isWritable: Bool
    /// How deferred bytes are computed; nil for bytes that were there from the start.
    let arrangement: Arrangement?
    let origin: Origin
    /// nil until deferred bytes are computed.
    private let address: Atomic<UnsafeMutableRawPointer?>
    private let release: @Sendable (UnsafeMutableRawPointer) -> Void

    enum Origin {
        case memory
        /// A file that is mapped, with its identity where it has one.
        case file(Fingerprint?)
    }

    /// Alignment of every allocation made here: one cache line, and the widest vector register.
    public static let alignment = 64

    /// Zeroed memory of `byteCount` bytes.
    public convenience init(byteCount: Int) {
        let bytes = UnsafeMutableRawBufferPointer(
            start: .allocate(byteCount: max(byteCount, 1), alignment: TensorStorage.alignment), count: byteCount)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        self.init(adopting: bytes, isWritable: true) { $0.deallocate() }
    }

    /// Memory that somebody else made. `release` runs once, when the last tensor that views it is gone.
    public convenience init(
        adopting bytes: UnsafeMutableRawBufferPointer, isWritable: Bool,
        release: @escaping @Sendable (UnsafeMutableRawPointer) -> Void
    ) {
        self.init(bytes, isWritable: isWritable, .memory, release)
    }

    /// A file that is mapped into memory, with its identity where it has one.
    convenience init(
        mapping bytes: UnsafeMutableRawBufferPointer, of identity: Fingerprint?,
        release: @escaping @Sendable (UnsafeMutableRawPointer) -> Void
    ) {
        self.init(bytes, isWritable: false, .file(identity), release)
    }

    private init(
        _ bytes: UnsafeMutableRawBufferPointer, isWritable: Bool, _ origin: Origin,
        _ release: @escaping @Sendable (UnsafeMutableRawPointer) -> Void
    ) {
        address = Atomic(bytes.baseAddress ?? UnsafeMutableRawPointer(bitPattern: TensorStorage.alignment)!)
        self.byteCount = bytes.count
        self.isWritable = isWritable
        self.origin = origin
        self.release = release
        arrangement = nil
    }

    /// Bytes that are computed when they are first read as a whole.
    init(_ arrangement: Arrangement) {
        address = Atomic(nil)
        byteCount = arrangement.byteCount
        isWritable = false
        origin = .memory
        release = { $0.deallocate() }
        self.arrangement = arrangement
    }

    deinit {
        if let base = address.load(ordering: .acquiring) { release(base) }
    }

    /// Whether the bytes are in memory, and not still to be computed.
    var isPresent: Bool { address.load(ordering: .acquiring) != nil }

    /// The first byte. It stays where it is as long as the object lives.
    var base: UnsafeMutableRawPointer {
        if let base = address.load(ordering: .acquiring) { return base }
        let bytes = UnsafeMutableRawBufferPointer(
            start: .allocate(byteCount: max(byteCount, 1), alignment: TensorStorage.alignment), count: byteCount)
        arrangement?.fill(bytes, range: 0..<byteCount)
        let base = bytes.baseAddress!
        // Another thread may have been faster.
        let (isFirst, earlier) = address.compareExchange(
            expected: nil, desired: base, ordering: .acquiringAndReleasing)
        guard !isFirst, let earlier else { return base }
        base.deallocate()
        return earlier
    }
}
