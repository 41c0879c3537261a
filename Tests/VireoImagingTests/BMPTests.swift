import Testing
import VireoImaging
import VireoTensor

@Suite("A BMP file")
struct BMPTests {
    static let size = (width: Pattern.width, height: Pattern.height)

    static func rgb(_ x: Int, _ y: Int) -> [UInt8] {
        let (red, green, blue) = Pattern.pixel(x, y)
        return [UInt8(red), UInt8(green), UInt8(blue)]
    }

    static func word(_ x: Int, _ y: Int) -> UInt32 {
        let (red, green, blue) = Pattern.pixel(x, y)
        return UInt32(red << 16 | green << 8 | blue)
    }

    @Test(
        "of 24 or 32 bits becomes RGB, whatever its header and the order of its rows",
        arguments: [(24, 12), (24, 40), (32, 40), (32, 52), (24, 56), (24, 64), (32, 108), (24, 124)], [false, true])
    func trueColour(format: (Int, Int), isTopDown: Bool) throws {
        let (bits, headerSize) = format
        // The oldest header has no sign for its height.
        let isTopDown = isTopDown && headerSize > 12
        let writer = BMPWriter(bitsPerPixel: bits, headerSize: headerSize, isTopDown: isTopDown)
        let file = writer.file(width: Self.size.width, height: Self.size.height) { Self.word($0, $1) | 0x4100_0000 }
        #expect(try Image(decoding: file) == Pattern.image())
    }

    @Test("with a palette becomes RGB", arguments: [1, 4, 8], [12, 40])
    func palettes(bits: Int, headerSize: Int) throws {
        let palette = (0...UInt8((1 << bits) - 1)).map { [$0, 255 - $0, $0 &* 3] }
        let writer = BMPWriter(bitsPerPixel: bits, headerSize: headerSize, palette: palette)
        func index(_ x: Int, _ y: Int) -> Int { (x * 5 + y) & ((1 << bits) - 1) }
        let file = writer.file(width: Self.size.width, height: Self.size.height) { UInt32(index($0, $1)) }
        #expect(try Image(decoding: file) == Pattern.make { palette[index($0, $1)] })
    }

    @Test("whose pixels name a colour beyond its palette is refused")
    func beyondPalette() throws {
        let writer = BMPWriter(bitsPerPixel: 8, palette: [[0, 0, 0], [255, 255, 255]])
        let file = writer.file(width: 2, height: 1) { x, _ in UInt32(x + 1) }
        let error = try #require(throws: VireoError.self) { _ = try Image(decoding: file) }
        #expect(error.code == .malformedFile && error.message.contains("colour 2 of a palette of 2"))
    }

    @Test(
        "with channel masks is scaled to 8 bits",
        arguments: [
            (16, 0, []), (16, 3, [0xF800, 0x7E0, 0x1F]), (16, 3, [0xF, 0xF0, 0xF00]),
            (32, 3, [0xFF, 0xFF00, 0xFF_0000]),
            (32, 3, [0x3FF0_0000, 0xF_FC00, 0x3FF]), (32, 6, [0xFF00, 0xFF_0000, 0xFF00_0000]),
        ] as [(Int, Int, [UInt32])])
    func masks(bits: Int, compression: Int, masks: [UInt32]) throws {
        let used = masks.isEmpty ? [0x7C00, 0x3E0, 0x1F] : masks
        let writer = BMPWriter(bitsPerPixel: bits, compression: compression, masks: masks)
        func levels(_ x: Int, _ y: Int) -> [UInt32] {
            zip(Self.rgb(x, y), used).map { value, mask in
                let largest = mask >> UInt32(mask.trailingZeroBitCount)
                return (UInt32(value) * largest + 127) / 255
            }
        }
        let file = writer.file(width: Self.size.width, height: Self.size.height) { x, y in
            zip(levels(x, y), used).reduce(0) { $0 | $1.0 << UInt32($1.1.trailingZeroBitCount) }
        }
        let expected = try Pattern.make { x, y in
            zip(levels(x, y), used).map { level, mask in
                let largest = Double(mask >> UInt32(mask.trailingZeroBitCount))
                return UInt8((Double(level) * 255 / largest).rounded())
            }
        }
        #expect(try Image(decoding: file) == expected)
    }

    @Test(
        "that is compressed is refused by the name of its compression",
        arguments: [
            (1, 40, "RLE8"), (2, 40, "RLE4"), (4, 40, "JPEG"), (5, 40, "PNG"), (3, 64, "Huffman"),
            (9, 40, "unknown (9)"),
        ]
    )
    func compressions(compression: Int, headerSize: Int, name: String) throws {
        let writer = BMPWriter(bitsPerPixel: 24, headerSize: headerSize, compression: compression)
        let file = writer.file(width: 2, height: 2) { _, _ in 0 }
        let error = try #require(throws: VireoError.self) { _ = try Image(decoding: file) }
        #expect(error.code == .unsupported && error.message.contains(name) && error.remedy != nil)
    }

    @Test(
        "with an impossible header is refused",
        arguments: [
            (14, 41), (18, 0), (18, 0xFFFF_FFFF), (18, 0x7FFF_FFFF), (22, 0), (22, 0x8000_0000), (22, 0x7FFF_FFFF),
            (28, 7),
            (10, 0xFFFF_FFFF), (10, 4000), (30, 3),
        ])
    func impossibleHeaders(offset: Int, value: Int) throws {
        var file = BMPWriter(bitsPerPixel: 24).file(width: 5, height: 3) { _, _ in 0 }
        for byte in 0..<4 { file[offset + byte] = UInt8(value >> (8 * byte) & 255) }
        let error = try #require(throws: VireoError.self) { _ = try Image(decoding: file) }
        #expect(error.code == .malformedFile)
    }

    static let formats = [
        BMPWriter(bitsPerPixel: 24), BMPWriter(bitsPerPixel: 32, compression: 3, masks: [0xFF, 0xFF00, 0xFF_0000]),
        BMPWriter(bitsPerPixel: 16, isTopDown: true), BMPWriter(bitsPerPixel: 1, palette: [[1, 2, 3], [4, 5, 6]]),
    ]

    @Test("cut at any length is refused", arguments: formats.indices)
    func truncated(format: Int) throws {
        let file = Self.formats[format].file(width: 4, height: 9) { x, y in UInt32(x + y) & 1 }
        // The padding after the last row may be missing.
        let lastRowBytes = (4 * Self.formats[format].bitsPerPixel + 7) / 8
        let padding = (4 - lastRowBytes % 4) % 4
        for count in 0..<(file.count - padding) {
            #expect(throws: VireoError.self, "cut after \(count) bytes") {
                _ = try Image(decoding: Array(file.prefix(count)))
            }
        }
    }

    @Test("with bits flipped is an image or an error", arguments: formats.indices)
    func flippedBits(format: Int) throws {
        try expectImageOrError(
            for: Self.formats[format].file(width: 4, height: 9) { x, y in UInt32(x + y) & 1 }, trials: 2000)
    }
}
