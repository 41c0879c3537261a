/// Writes protobuf's wire format, for tests that make graph files.
public struct ProtobufWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public mutating func varint(_ field: Int, _ value: Int64) {
        tag(field, 0)
        append(varint: UInt64(bitPattern: value))
    }

    public mutating func fixed32(_ field: Int, _ value: UInt32) {
        tag(field, 5)
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    public mutating func fixed64(_ field: Int, _ value: UInt64) {
        tag(field, 1)
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    public mutating func string(_ field: Int, _ text: String) { data(field, Array(text.utf8)) }

    public mutating func data(_ field: Int, _ payload: some Collection<UInt8>) {
        header(field, byteCount: payload.count)
        bytes += payload
    }

    /// A nested message, which `body` fills.
    public mutating func message(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
        var nested = ProtobufWriter()
        body(&nested)
        data(field, nested.bytes)
    }

    /// What stands before `byteCount` bytes of a nested message or a string, for payloads that are written elsewhere.
    public mutating func header(_ field: Int, byteCount: Int) {
        tag(field, 2)
        append(varint: UInt64(byteCount))
    }

    /// Bytes as they are, for messages that are wrong on purpose.
    public mutating func append(_ raw: [UInt8]) { bytes += raw }

    public mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    public mutating func tag(_ field: Int, _ wireType: Int) { append(varint: UInt64(field << 3 | wireType)) }
}
