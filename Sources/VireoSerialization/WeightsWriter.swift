import Dispatch
import Glibc
import Synchronization
import VireoTensor

/// Writes the .bin file: blobs one after another at multiples of 64 bytes, equal ones once.
///
/// Places are given out first; `write` then fills them all, piece by piece and on every processor, so that no more than
/// a few megabytes of weights are in memory at a time.
struct WeightsWriter {
    /// Where a blob lies in the file.
    struct Blob {
        let offset: Int
        let size: Int
    }

    private struct Entry {
        let tensor: Tensor
        let encoding: WeightEncoding
        let blob: Blob
    }

    /// What blobs that may be equal have in common.
    private struct Likeness: Hashable {
        let byteCount: Int
        let encoding: WeightEncoding
        let beginning: Int
    }

    private static let alignment = 64
    private static let pieceSize = 1 << 21
    private var size = 0
    private var entries: [Entry] = []
    private var likely: [Likeness: [Int]] = [:]

    /// The place that a tensor's bytes will have in the file: that of an equal tensor where there is one.
    mutating func place(_ tensor: Tensor, as encoding: WeightEncoding) -> Blob {
        let likeness = Likeness(
            byteCount: tensor.byteCount, encoding: encoding, beginning: tensor.hashOfBeginning)
        for index in likely[likeness] ?? [] where entries[index].tensor.hasBytes(of: tensor) {
            return entries[index].blob
        }
        let offset = (size + WeightsWriter.alignment - 1) / WeightsWriter.alignment * WeightsWriter.alignment
        let blob = Blob(offset: offset, size: encoding.byteCount(tensor.byteCount))
        size = offset + blob.size
        likely[likeness, default: []].append(entries.count)
        entries.append(Entry(tensor: tensor, encoding: encoding, blob: blob))
        return blob
    }

    /// Writes every blob to its place.
    /// - Throws: what the first write that failed threw.
    func write(to file: AtomicFile) throws {
        let start = try file.reserve(size)
        let pieces = entries.indices.flatMap { index in
            entries[index].tensor.pieces(ofAtMost: WeightsWriter.pieceSize).map { (index, $0) }
        }
        let failure = Mutex<VireoError?>(nil)
        nonisolated(unsafe) let shared = file
        DispatchQueue.concurrentPerform(iterations: pieces.count) { number in
            guard failure.withLock({ $0 == nil }) else { return }
            let (index, piece) = pieces[number]
            let entry = entries[index]
            let position = start + entry.blob.offset + entry.encoding.byteCount(piece.lowerBound)
            do throws(VireoError) {
                try entry.tensor.withUnsafeBytes(of: piece) { bytes throws(VireoError) in
                    switch entry.encoding {
                    case .unchanged: try shared.write(bytes, at: position)
                    case .half:
                        let halves = HalfPrecision.encode(bytes.bindMemory(to: Float.self))
                        try halves.withUnsafeBufferPointer { (halves) throws(VireoError) in
                            try shared.write(UnsafeRawBufferPointer(halves), at: position)
                        }
                    }
                }
            } catch {
                failure.withLock { $0 = $0 ?? error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }
}

/// How the elements of a constant are stored.
enum WeightEncoding {
    case unchanged
    /// f32 elements as f16.
    case half

    /// What so many bytes of the tensor become.
    func byteCount(_ byteCount: Int) -> Int {
        switch self {
        case .unchanged: byteCount
        case .half: byteCount / 2
        }
    }
}

extension Tensor {
    /// A hash of the first 4096 bytes, which need not all be computed for it.
    fileprivate var hashOfBeginning: Int {
        let count = 1 << 12
        guard let first = pieces(ofAtMost: 2 * count).first else { return 0 }
        return withUnsafeBytes(of: first) { bytes in
            var hasher = Hasher()
            hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: bytes.prefix(count)))
            return hasher.finalize()
        }
    }

    fileprivate func hasBytes(of other: Tensor) -> Bool {
        guard byteCount == other.byteCount else { return false }
        func isEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
            guard let left = left.baseAddress, let base = right.baseAddress else { return true }
            return memcmp(left, base, right.count) == 0
        }
        let size = 1 << 20
        let pieces = pieces(ofAtMost: size)
        // Deferred tensors of different shapes cannot be computed in the same pieces.
        guard pieces == other.pieces(ofAtMost: size) else {
            return withUnsafeBytes { left in other.withUnsafeBytes { isEqual(left, $0) } }
        }
        return pieces.allSatisfy { piece in
            withUnsafeBytes(of: piece) { left in other.withUnsafeBytes(of: piece) { isEqual(left, $0) } }
        }
    }
}
