import VireoTensor

/// Writes the .bin file: blobs one after another at multiples of 64 bytes, equal ones once.
struct WeightsWriter {
    /// Where a blob lies in the file.
    struct Blob {
        let offset: Int
        let size: Int
    }

    private static let alignment = 64
    private let file: AtomicFile
    private var written: [Int: [(tensor: Tensor, encoding: WeightEncoding, blob: Blob)]] = [:]

    init(_ file: AtomicFile) { self.file = file }

    /// The place of a tensor's bytes in the file, where they are written unless they are there already.
    mutating func place(_ tensor: Tensor, as encoding: WeightEncoding) throws -> Blob {
        let key = tensor.withUnsafeBytes { bytes in
            var hasher = Hasher()
            hasher.combine(bytes: bytes)
            return hasher.finalize()
        }
        for earlier in written[key] ?? [] where earlier.encoding == encoding && earlier.tensor.hasBytes(of: tensor) {
            return earlier.blob
        }
        try file.pad(to: WeightsWriter.alignment)
        let offset = file.offset
        switch encoding {
        case .unchanged: try tensor.withUnsafeBytes { try file.write($0) }
        case .half: try HalfPrecision.encode(tensor) { try file.write($0) }
        }
        let blob = Blob(offset: offset, size: file.offset - offset)
        written[key, default: []].append((tensor, encoding, blob))
        return blob
    }
}

/// How the elements of a constant are stored.
enum WeightEncoding {
    case unchanged
    /// f32 elements as f16.
    case half
}

extension Tensor {
    fileprivate func hasBytes(of other: Tensor) -> Bool {
        byteCount == other.byteCount
            && withUnsafeBytes { mine in other.withUnsafeBytes { mine.elementsEqual($0) } }
    }
}
