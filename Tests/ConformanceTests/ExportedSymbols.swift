import Testing

/// The names of the symbols that a shared library defines for others, from its dynamic symbol table.
///
/// 64-bit little-endian ELF; System V Application Binary Interface, chapters 4 and 5.
func exportedSymbols(ofELF file: [UInt8]) throws -> [String] {
    func integer<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type) throws -> Int {
        try #require(offset >= 0 && offset <= file.count - MemoryLayout<Value>.size)
        let value = file.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Value.self) }
        return try #require(Int(exactly: Value(littleEndian: value)))
    }
    try #require(file.prefix(6) == [0x7F, 0x45, 0x4C, 0x46, 2, 1], "no 64-bit little-endian ELF file")

    let sectionTable = try integer(0x28, as: UInt64.self)
    let sectionSize = try integer(0x3A, as: UInt16.self)
    let sectionCount = try integer(0x3C, as: UInt16.self)
    let dynamicSymbols = 11
    var names: [String] = []
    for section in (0..<sectionCount).map({ sectionTable + $0 * sectionSize })
    where try integer(section + 4, as: UInt32.self) == dynamicSymbols {
        let symbols = try integer(section + 0x18, as: UInt64.self)
        let size = try integer(section + 0x20, as: UInt64.self)
        let strings = sectionTable + (try integer(section + 0x28, as: UInt32.self)) * sectionSize
        let text = try integer(strings + 0x18, as: UInt64.self)
        for symbol in stride(from: symbols, to: symbols + size, by: 24) {
            let isDefined = try integer(symbol + 6, as: UInt16.self) != 0
            let isLocal = try integer(symbol + 4, as: UInt8.self) >> 4 == 0
            guard isDefined, !isLocal else { continue }
            let start = text + (try integer(symbol, as: UInt32.self))
            names.append(String(decoding: file[start...].prefix { $0 != 0 }, as: UTF8.self))
        }
    }
    return names
}
