import VireoTestSupport

/// Writes LevelDB's tables, for tests that make checkpoints. Checksums are computed bit by bit.
struct TableWriter {
    /// How a block is stored.
    enum Compression: UInt8 { case none = 0, snappy = 1, unknown = 9 }

    var entriesPerBlock = 3
    var compression = Compression.none
    /// How often the index names each block.
    var repeats = 1

    func table(_ entries: [(key: [UInt8], value: [UInt8])]) -> [UInt8] {
        var file: [UInt8] = []
        var index: [(key: [UInt8], value: [UInt8])] = []
        for start in stride(from: 0, to: entries.count, by: entriesPerBlock) {
            let part = Array(entries[start..<min(start + entriesPerBlock, entries.count)])
            let handle = append(block(part), to: &file)
            index += [(key: [UInt8], value: [UInt8])](repeating: (part[part.count - 1].key, handle), count: repeats)
        }
        let metaindex = append(block([]), to: &file)
        var footer = metaindex + append(block(index), to: &file)
        footer += [UInt8](repeating: 0, count: 40 - footer.count)
        return file + footer + [0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB]
    }

    /// Appends a block with its trailer and returns its handle.
    private func append(_ block: [UInt8], to file: inout [UInt8]) -> [UInt8] {
        let stored = compression == .snappy ? TableWriter.snappyLiterals(block) : block
        var handle = ProtobufWriter()
        handle.append(varint: UInt64(file.count))
        handle.append(varint: UInt64(stored.count))
        let checked = stored + [compression.rawValue]
        let checksum = TableWriter.maskedChecksum(checked)
        file += checked + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (8 * $0)) }
        return handle.bytes
    }

    /// Every entry shares what it can with the one before; one restart.
    private func block(_ entries: [(key: [UInt8], value: [UInt8])]) -> [UInt8] {
        var writer = ProtobufWriter()
        var previous: [UInt8] = []
        for (key, value) in entries {
            let shared = zip(previous, key).prefix { $0 == $1 }.count
            for number in [shared, key.count - shared, value.count] { writer.append(varint: UInt64(number)) }
            writer.append(Array(key.dropFirst(shared)) + value)
            previous = key
        }
        return writer.bytes + [0, 0, 0, 0, 1, 0, 0, 0]
    }

    /// Snappy's format without any copies.
    static func snappyLiterals(_ bytes: [UInt8]) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.append(varint: UInt64(bytes.count))
        for start in stride(from: 0, to: bytes.count, by: 60) {
            let part = Array(bytes[start..<min(start + 60, bytes.count)])
            writer.append([UInt8((part.count - 1) << 2)] + part)
        }
        return writer.bytes
    }

    /// CRC-32C, rotated right by 15 bits, plus a constant.
    static func maskedChecksum(_ bytes: [UInt8]) -> UInt32 {
        var state = ~UInt32(0)
        for byte in bytes {
            state ^= UInt32(byte)
            for _ in 0..<8 { state = state & 1 == 1 ? state >> 1 ^ 0x82F6_3B78 : state >> 1 }
        }
        state = ~state
        return (state >> 15 | state << 17) &+ 0xA282_EAD8
    }
}

/// A V2 checkpoint of float variables, in one shard.
struct BundleFixture {
    var writer = TableWriter()
    var variables: [(name: String, shape: [Int], values: [Float])]

    var data: [UInt8] { variables.flatMap { bytes($0.values) } }

    /// The table's entries: the header and one a variable, sorted by name.
    var entries: [(key: [UInt8], value: [UInt8])] {
        var header = ProtobufWriter()
        header.varint(1, 1)
        var entries: [(key: [UInt8], value: [UInt8])] = [([], header.bytes)]
        var offset = 0
        for (name, shape, values) in variables {
            var entry = ProtobufWriter()
            entry.varint(1, 1)
            entry.message(2) { $0.dimensions(shape) }
            entry.varint(4, Int64(offset))
            entry.varint(5, Int64(values.count * 4))
            entry.fixed32(6, TableWriter.maskedChecksum(bytes(values)))
            entries.append((Array(name.utf8), entry.bytes))
            offset += values.count * 4
        }
        return [entries[0]] + entries.dropFirst().sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    /// Writes the two files and returns the prefix.
    func write(to folder: TemporaryFolder, _ name: String = "model.ckpt") throws -> String {
        _ = try folder.file(name + ".index", writer.table(entries))
        _ = try folder.file(name + ".data-00000-of-00001", data)
        return folder.path(name)
    }

    private func bytes(_ values: [Float]) -> [UInt8] {
        values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    }
}
