import VireoTensor

/// The part of a tensor that a partitioned variable keeps in one place.
struct TensorSlice: Equatable, Sendable {
    /// One range an axis; nil is the whole axis.
    let ranges: [Range<Int>?]

    /// A TensorSliceProto.
    init(_ message: WireReader) throws(VireoError) {
        var message = message
        var ranges: [Range<Int>?] = []
        while let (field, value) = try message.next() {
            guard field == 1 else { continue }
            var extent = try value.message()
            var (start, length): (Int, Int?) = (0, nil)
            while let (field, value) = try extent.next() {
                if field == 1 { start = try value.integer() }
                if field == 2 { length = try value.integer() }
            }
            guard let length else {
                ranges.append(nil)
                continue
            }
            guard start >= 0, length >= 0, length <= Int.max - start else {
                throw VireoError(.malformedFile, "a part of a variable from \(start) of length \(length)")
            }
            ranges.append(start..<start + length)
        }
        self.ranges = ranges
    }

    /// The ranges inside a tensor of `shape`.
    /// - Throws: `malformedFile` when the part lies outside.
    func ranges(in shape: Shape) throws(VireoError) -> [Range<Int>] {
        guard ranges.count == shape.rank, zip(ranges, shape.dimensions).allSatisfy({ $0?.upperBound ?? 0 <= $1 }) else {
            throw VireoError(.malformedFile, "a part of a variable lies outside of its shape \(shape)")
        }
        return zip(ranges, shape.dimensions).map { range, extent in range ?? 0..<extent }
    }

    /// The key under which a V2 checkpoint has this part of the variable `name`: numbers and text in an encoding whose
    /// bytes sort as they do.
    func key(of name: String) -> [UInt8] {
        var key: [UInt8] = [0]
        for byte in name.utf8 {
            key.append(byte)
            if byte == 0 { key.append(0xFF) }
            if byte == 0xFF { key.append(0) }
        }
        key += [0, 1]
        let rankBytes = TensorSlice.bigEndian(ranges.count)
        key += [UInt8(rankBytes.count)] + rankBytes
        for range in ranges {
            key += TensorSlice.ordered(range?.lowerBound ?? 0)
            key += TensorSlice.ordered(range?.count ?? -1)
        }
        return key
    }

    private static func bigEndian(_ number: Int) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0.drop { $0 == 0 }) }
    }

    /// A signed number: as many one bits as it has bytes, a zero, the number; all inverted at the sign.
    private static func ordered(_ number: Int) -> [UInt8] {
        let magnitude = number < 0 ? ~number : number
        var count = 1
        while count < 10, magnitude >> min(7 * count - 1, 63) != 0 { count += 1 }
        let sign: UInt8 = number < 0 ? 0xFF : 0
        var bytes = [sign, sign] + withUnsafeBytes(of: number.bigEndian) { Array($0) }
        bytes.removeFirst(bytes.count - count)
        let header = UInt16(truncatingIfNeeded: 0xFFFF << (16 - count))
        bytes[0] ^= UInt8(header >> 8)
        if count > 1 { bytes[1] ^= UInt8(header & 0xFF) }
        return bytes
    }
}
