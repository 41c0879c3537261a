import VireoTensor

/// Walks the fields of one message in protobuf's binary form.
struct WireReader {
    /// The contents of a field.
    enum Value {
        case varint(UInt64)
        case fixed32(UInt32)
        case fixed64(UInt64)
        case bytes(FileSlice)
    }

    private let message: FileSlice
    private var position = 0

    init(_ message: FileSlice) { self.message = message }

    /// The next field; nil at the end.
    /// - Throws: `malformedFile` for what is no field.
    mutating func next() throws(VireoError) -> (field: Int, value: Value)? {
        guard position < message.count else { return nil }
        let tag = try varint()
        guard let field = Int(exactly: tag >> 3), field > 0 else { throw WireReader.damage("a field without a number") }
        switch tag & 7 {
        case 0: return (field, .varint(try varint()))
        case 1: return (field, .fixed64(try fixed(UInt64.self)))
        case 5: return (field, .fixed32(try fixed(UInt32.self)))
        case 2:
            guard let count = Int(exactly: try varint()), let bytes = message.slice(at: position, count: count) else {
                throw WireReader.damage("the data end early")
            }
            position += count
            return (field, .bytes(bytes))
        default: throw WireReader.damage("an unknown wire type")
        }
    }

    private mutating func varint() throws(VireoError) -> UInt64 {
        guard let value = message.bytes.varint(at: &position) else {
            throw WireReader.damage("a number that does not end")
        }
        return value
    }

    private mutating func fixed<Number: FixedWidthInteger>(_ type: Number.Type) throws(VireoError) -> Number {
        guard let number = message.bytes.littleEndian(type, at: position) else {
            throw WireReader.damage("the data end inside a number")
        }
        position += MemoryLayout<Number>.size
        return number
    }

    static func damage(_ problem: String) -> VireoError {
        VireoError(.malformedFile, "the data are damaged: \(problem)")
    }
}

// MARK: - Values by type

extension WireReader.Value {
    func integer() throws(VireoError) -> Int {
        guard case .varint(let value) = self else { throw WireReader.damage("a value of the wrong wire type") }
        return Int(Int64(bitPattern: value))
    }

    func slice() throws(VireoError) -> FileSlice {
        guard case .bytes(let slice) = self else { throw WireReader.damage("a value of the wrong wire type") }
        return slice
    }

    func message() throws(VireoError) -> WireReader { WireReader(try slice()) }

    func text() throws(VireoError) -> String {
        let bytes = try slice().bytes
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw WireReader.damage("text that is not UTF-8")
        }
        return text
    }
}

// MARK: - Numbers in bytes

extension UnsafeRawBufferPointer {
    /// The number of seven bits a byte at `position`, which moves behind it; nil when it does not end.
    func varint(at position: inout Int) -> UInt64? {
        var value: UInt64 = 0
        var place = position
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard place < count else { return nil }
            let byte = self[place]
            place += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 {
                position = place
                return value
            }
        }
        return nil
    }

    /// The number at `offset`; nil when it does not lie inside.
    func littleEndian<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number? {
        guard offset >= 0, offset <= count, MemoryLayout<Number>.size <= count - offset else { return nil }
        return Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}
