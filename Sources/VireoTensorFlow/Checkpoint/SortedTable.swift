import VireoTensor

/// The sorted string table of LevelDB, in which checkpoints keep their directory (V2) or everything (V1).
///
/// Blocks of entries, each with a compression byte and a checksum; a block that names the others; a footer.
struct SortedTable {
    struct Entry {
        let key: [UInt8]
        let value: FileSlice
    }

    /// In the order of the keys.
    let entries: [Entry]

    private static let footerSize = 48
    private static let magic: UInt64 = 0xDB47_7524_8B80_FB57

    /// Whether the file ends as a table does.
    static func recognizes(_ file: FileBytes) -> Bool {
        file.bytes.littleEndian(UInt64.self, at: file.bytes.count - 8) == magic
    }

    /// Reads all entries; values are views of the file where its blocks are not compressed.
    /// - Throws: `malformedFile` for what is no table or a damaged one.
    init(_ file: FileBytes) throws(VireoError) {
        let slice = FileSlice(file)
        let footerStart = file.bytes.count - SortedTable.footerSize
        guard SortedTable.recognizes(file), let footer = slice.slice(at: footerStart, count: SortedTable.footerSize)
        else {
            throw VireoError(
                .malformedFile, "the file is no checkpoint's table, or its end is missing",
                remedy: "copy the checkpoint again")
        }
        var position = 0
        _ = try SortedTable.handle(in: footer.bytes, at: &position)
        let index = try SortedTable.handle(in: footer.bytes, at: &position)
        var reader = BlockReader()
        try reader.read(SortedTable.block(index, of: slice))
        let blocks = reader.takeEntries()
        var unread = file.bytes.count
        for block in blocks {
            var position = 0
            let handle = try SortedTable.handle(in: block.value.bytes, at: &position)
            guard handle.count <= unread else { throw SortedTable.damage }
            unread -= handle.count
            try reader.read(SortedTable.block(handle, of: slice))
        }
        entries = reader.takeEntries()
    }

    private static func handle(
        in bytes: UnsafeRawBufferPointer, at position: inout Int
    ) throws(VireoError) -> (offset: Int, count: Int) {
        guard let offset = bytes.varint(at: &position).flatMap({ Int(exactly: $0) }),
            let count = bytes.varint(at: &position).flatMap({ Int(exactly: $0) })
        else { throw damage }
        return (offset, count)
    }

    /// The contents of a block, decompressed.
    private static func block(_ handle: (offset: Int, count: Int), of file: FileSlice) throws(VireoError) -> FileSlice {
        guard handle.count <= file.count - 5,
            let stored = file.slice(at: handle.offset, count: handle.count + 5),
            let contents = stored.slice(at: 0, count: handle.count),
            let checked = stored.slice(at: 0, count: handle.count + 1)
        else { throw damage }
        guard stored.bytes.littleEndian(UInt32.self, at: handle.count + 1) == Checksum.masked(checked.bytes) else {
            throw VireoError(
                .malformedFile, "the checksum of a block is wrong: the file is damaged",
                remedy: "copy the checkpoint again")
        }
        switch stored.bytes[handle.count] {
        case 0: return contents
        case 1: return FileSlice(FileBytes(copying: try Snappy.decompress(contents.bytes)))
        case let other: throw VireoError(.unsupported, "a block is compressed in a way that is not known (\(other))")
        }
    }

    static let damage = VireoError(
        .malformedFile, "the checkpoint's table is damaged", remedy: "copy the checkpoint again")
}

/// Collects the entries of blocks. A key is stored as what it adds to the beginning of the one before.
private struct BlockReader {
    private var entries: [SortedTable.Entry] = []
    /// What is left for keys: a few bytes of a hostile block can stand for a long key each.
    private var keyBudget = 1 << 26

    mutating func takeEntries() -> [SortedTable.Entry] {
        defer { entries = [] }
        return entries
    }

    mutating func read(_ block: FileSlice) throws(VireoError) {
        let bytes = block.bytes
        guard let restarts = bytes.littleEndian(UInt32.self, at: block.count - 4),
            Int(restarts) <= (block.count - 4) / 4
        else { throw SortedTable.damage }
        let end = block.count - 4 - Int(restarts) * 4
        var position = 0
        var key: [UInt8] = []
        while position < end {
            guard let shared = bytes.varint(at: &position), let added = bytes.varint(at: &position),
                let valueCount = bytes.varint(at: &position).flatMap({ Int(exactly: $0) }),
                shared <= key.count, position <= end, added <= end - position
            else { throw SortedTable.damage }
            key.removeLast(key.count - Int(shared))
            key += bytes[position..<position + Int(added)]
            position += Int(added)
            keyBudget -= key.count
            guard valueCount <= end - position, let value = block.slice(at: position, count: valueCount),
                keyBudget >= 0
            else { throw SortedTable.damage }
            position += valueCount
            entries.append(SortedTable.Entry(key: key, value: value))
        }
    }
}
