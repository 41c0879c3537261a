import Glibc

/// What a cache file holds: lines of text that say what it is, and blocks of bytes found by their keys.
public struct CacheContents {
    /// What the file is made for, as lines `name: value`; `kind`, `device` and `label` are what listings show.
    public var fields: [(name: String, value: String)]
    public var blocks: [(key: Fingerprint, bytes: UnsafeRawBufferPointer)]

    public init(
        fields: [(name: String, value: String)], blocks: [(key: Fingerprint, bytes: UnsafeRawBufferPointer)] = []
    ) {
        self.fields = fields
        self.blocks = blocks
    }
}

/// A cache file mapped into memory. docs/cache.md is its format.
public final class CacheFile: Sendable {
    public let fields: [(name: String, value: String)]
    public let byteCount: Int
    private let file: MappedFile
    private let ranges: [Fingerprint: Range<Int>]

    static let firstLine = "vireo cache 1"
    static let dataAlignment = 4096
    static let blockAlignment = 64
    private static let headerLimit = 1 << 24

    /// - Throws: `notFound` or `inputOutput`; `malformedFile` for what is no whole cache file of this version, which
    ///   includes pages that a crash lost.
    public init(path: String) throws(VireoError) {
        let file = try MappedFile(path: path)
        self.file = file
        byteCount = file.size
        let header = try file.withUnsafeBytes { bytes throws(VireoError) in try CacheFile.header(bytes) }
        fields = header.fields
        // All pages at once, where the system can: the checksums touch each of them.
        madvise(file.storage.base, file.size, MADV_POPULATE_READ)
        var ranges: [Fingerprint: Range<Int>] = [:]
        for block in header.blocks {
            let start = header.dataStart.addingReportingOverflow(block.offset)
            guard block.offset >= 0, block.byteCount >= 0, !start.overflow, start.partialValue <= file.size,
                block.byteCount <= file.size - start.partialValue, block.offset % CacheFile.blockAlignment == 0
            else { throw malformed(path, "a block lies outside the file") }
            let range = start.partialValue..<start.partialValue + block.byteCount
            let checksum = file.withUnsafeBytes { CacheFile.checksum(UnsafeRawBufferPointer(rebasing: $0[range])) }
            guard checksum == block.checksum else { throw malformed(path, "a block is damaged") }
            ranges[block.key] = range
        }
        self.ranges = ranges
    }

    /// The first value of a field.
    public subscript(field name: String) -> String? { fields.first { $0.name == name }?.value }

    /// Under which keys there are blocks.
    public var keys: [Fingerprint] { Array(ranges.keys) }

    /// The bytes stored under a key, at a multiple of 64. They live as long as this object.
    public func block(_ key: Fingerprint) -> UnsafeRawBufferPointer? {
        guard let range = ranges[key] else { return nil }
        return UnsafeRawBufferPointer(start: UnsafeRawPointer(file.storage.base) + range.lowerBound, count: range.count)
    }

    // MARK: - Format

    private struct Header {
        var fields: [(name: String, value: String)] = []
        var blocks: [Block] = []
        var dataStart = 0
    }

    private struct Block {
        let key: Fingerprint
        let offset: Int
        let byteCount: Int
        let checksum: UInt64
    }

    /// The lines of text up to the first empty one.
    static func lines(_ bytes: UnsafeRawBufferPointer) -> (lines: [Substring], end: Int)? {
        let newline = UInt8(ascii: "\n")
        let limit = min(bytes.count, headerLimit)
        var end = 0
        while true {
            guard end + 1 < limit else { return nil }
            if bytes[end] == newline, bytes[end + 1] == newline { break }
            end += 1
        }
        let text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[0..<end]), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.first.map({ $0 == firstLine }) ?? false else { return nil }
        return (Array(lines.dropFirst()), end + 2)
    }

    static func field(_ line: Substring) -> (name: String, value: String)? {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        return (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
    }

    private static func header(_ bytes: UnsafeRawBufferPointer) throws(VireoError) -> Header {
        guard let (lines, end) = lines(bytes) else {
            throw VireoError(.malformedFile, "no cache file of this version of Vireo")
        }
        var header = Header()
        for line in lines {
            guard let field = field(line) else { throw VireoError(.malformedFile, "a line without a colon") }
            guard field.name == "block" else {
                header.fields.append(field)
                continue
            }
            let parts = field.value.split(separator: " ")
            guard parts.count == 4, let key = Fingerprint(String(parts[0])), let offset = Int(parts[1]),
                let byteCount = Int(parts[2]), let checksum = UInt64(parts[3], radix: 16)
            else { throw VireoError(.malformedFile, "a line that describes no block: \(line)") }
            header.blocks.append(Block(key: key, offset: offset, byteCount: byteCount, checksum: checksum))
        }
        header.dataStart = aligned(end, to: dataAlignment)
        return header
    }

    /// Writes a file of this format.
    static func write(_ contents: CacheContents, to file: AtomicFile) throws(VireoError) {
        var text = firstLine + "\n"
        for (name, value) in contents.fields {
            text += "\(name): \(String(value.map { $0.isNewline ? " " : $0 }))\n"
        }
        var offset = 0
        for (key, bytes) in contents.blocks {
            text += "block: \(key) \(offset) \(bytes.count) \(String(checksum(bytes), radix: 16))\n"
            offset = aligned(offset + bytes.count, to: blockAlignment)
        }
        try file.write(text + "\n")
        try file.pad(to: dataAlignment)
        for (_, bytes) in contents.blocks {
            try file.write(bytes)
            try file.pad(to: blockAlignment)
        }
    }

    private static func aligned(_ offset: Int, to alignment: Int) -> Int {
        (offset + alignment - 1) / alignment * alignment
    }

    /// Covers the first cache line of every 4096 bytes: what a crash loses before it reached the disk is whole pages,
    /// and reading all of a network's weights would undo what the cache is for.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var sum = UInt64(bytes.count)
        for start in stride(from: 0, to: bytes.count, by: 4096) {
            let line = bytes[start..<min(start + 64, bytes.count)]
            sum = XXH64.hash(UnsafeRawBufferPointer(rebasing: line), seed: sum)
        }
        return sum
    }
}

private func malformed(_ path: String, _ what: String) -> VireoError {
    VireoError(.malformedFile, what, in: ["cache file \(path)"], remedy: "delete it; it will be made again")
}
