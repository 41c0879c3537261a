import VireoTensor

/// A message in protobuf's binary form, in pieces: the contents of tensors are not in memory but read as it is written.
struct WireMessage {
    private enum Piece {
        case bytes([UInt8])
        case content(TensorProto, byteCount: Int)
    }

    private var pieces: [Piece] = []
    private var tail: [UInt8] = []
    private(set) var count = 0

    mutating func varint(_ field: Int, _ value: Int) {
        append(varint: UInt64(field) << 3)
        append(varint: UInt64(bitPattern: Int64(value)))
    }

    mutating func float(_ field: Int, _ value: Float) {
        append(varint: UInt64(field) << 3 | 5)
        append(withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) })
    }

    mutating func double(_ field: Int, _ value: Double) {
        append(varint: UInt64(field) << 3 | 1)
        append(withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) })
    }

    mutating func bytes(_ field: Int, _ value: [UInt8]) {
        append(varint: UInt64(field) << 3 | 2)
        append(varint: UInt64(value.count))
        append(value)
    }

    mutating func text(_ field: Int, _ value: String) { bytes(field, Array(value.utf8)) }

    mutating func message(_ field: Int, _ value: WireMessage) {
        append(varint: UInt64(field) << 3 | 2)
        append(varint: UInt64(value.count))
        pieces.append(.bytes(tail))
        pieces += value.pieces
        tail = value.tail
        count += value.count
    }

    /// The elements of a tensor, which have `byteCount` bytes.
    mutating func content(_ field: Int, _ tensor: TensorProto, byteCount: Int) {
        append(varint: UInt64(field) << 3 | 2)
        append(varint: UInt64(byteCount))
        pieces.append(.bytes(tail))
        pieces.append(.content(tensor, byteCount: byteCount))
        tail = []
        count += byteCount
    }

    /// Appends the message to a file.
    func write(to file: AtomicFile) throws(VireoError) {
        for piece in pieces {
            switch piece {
            case .bytes(let bytes): try file.write(bytes)
            case .content(let proto, let byteCount):
                let tensor = try proto.tensor()
                guard tensor.byteCount == byteCount else {
                    throw VireoError(.internalError, "a tensor has \(tensor.byteCount) bytes and not \(byteCount)")
                }
                for piece in tensor.pieces(ofAtMost: 1 << 22) {
                    try tensor.withUnsafeBytes(of: piece) { bytes throws(VireoError) in try file.write(bytes) }
                }
            }
        }
        try file.write(tail)
    }

    /// The whole message in memory.
    func collected() throws(VireoError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for piece in pieces {
            switch piece {
            case .bytes(let part): bytes += part
            case .content(let proto, _): try proto.tensor().withUnsafeBytes { bytes += $0 }
            }
        }
        return bytes + tail
    }

    private mutating func append(_ bytes: [UInt8]) {
        tail += bytes
        count += bytes.count
    }

    private mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            tail.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
            count += 1
        }
        tail.append(UInt8(rest))
        count += 1
    }
}
