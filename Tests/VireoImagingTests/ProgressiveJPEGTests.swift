import Testing
import VireoImaging
import VireoTensor

@Suite("A progressive JPEG file")
struct ProgressiveJPEGTests {
    /// A gray picture of 13x9 pixels, all 128: one scan of the mean, then `scanCount` that add nothing, each a bit of
    /// one coefficient.
    ///
    /// Source: ITU T.81, annexes B and G.
    static func file(scanCount: Int) -> [UInt8] {
        var file: [UInt8] = [0xFF, 0xD8]
        func append(_ marker: UInt8, _ content: [UInt8]) {
            file += [0xFF, marker, 0, UInt8(content.count + 2)] + content
        }
        /// The one-bit code 0 for the symbol 0: no difference, or no further coefficient.
        func table(_ identifier: UInt8) -> [UInt8] { [identifier, 1] + [UInt8](repeating: 0, count: 16) }
        /// Four blocks of that code, padded with ones.
        func appendScan(_ coefficient: UInt8, _ approximation: UInt8) {
            append(0xDA, [1, 1, 0, coefficient, coefficient, approximation])
            file.append(0x0F)
        }
        append(0xDB, [0] + [UInt8](repeating: 1, count: 64))
        append(0xC2, [8, 0, 9, 0, 13, 1, 1, 0x11, 0])
        append(0xC4, table(0x00))
        append(0xC4, table(0x10))
        appendScan(0, 0)
        for scan in 0..<scanCount { appendScan(UInt8(scan / 2 + 1), scan % 2 == 0 ? 0x01 : 0x10) }
        return file + [0xFF, 0xD9]
    }

    @Test("of 99 scans is read")
    func manyScans() throws {
        #expect(try Image(decoding: Self.file(scanCount: 98)) == Pattern.make { _, _ in [128, 128, 128] })
    }

    @Test("of more scans than the limit is refused, since each costs as much as the whole picture")
    func tooManyScans() throws {
        let error = try #require(throws: VireoError.self) { _ = try Image(decoding: Self.file(scanCount: 120)) }
        #expect(error.code == .malformedFile && error.message.contains("more than 100 scans"))
    }
}
