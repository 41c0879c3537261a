import Testing
import VireoImaging
import VireoTensor

@Suite("A PNG file")
struct PNGTests {
    typealias ColourType = PNGWriter.ColourType

    static let formats: [(ColourType, Int)] = ColourType.allCases.flatMap { type in type.bitDepths.map { (type, $0) } }
    static let palette: [UInt8] = (0...UInt8.max).flatMap { [$0, 255 - $0, $0 &* 7] }

    /// The samples that a file stores for the pattern, and the pixel that they should become.
    static func samples(_ type: ColourType, _ depth: Int, _ x: Int, _ y: Int) -> (stored: [Int], pixel: [UInt8]) {
        let (red, green, blue) = Pattern.pixel(x, y)
        /// The low byte of a 16-bit sample is to be ignored.
        func widened(_ value: Int) -> Int { depth == 16 ? value << 8 | (value ^ 0xA5) : value }
        switch type {
        case .rgb: return ([red, green, blue].map(widened), [UInt8(red), UInt8(green), UInt8(blue)])
        case .rgbAlpha: return ([red, green, blue, x * 20].map(widened), [UInt8(red), UInt8(green), UInt8(blue)])
        case .grayAlpha: return ([red, y].map(widened), [UInt8](repeating: UInt8(red), count: 3))
        case .gray:
            let largest = depth == 16 ? 255 : (1 << depth) - 1
            let value = red & largest
            return ([widened(value)], [UInt8](repeating: UInt8(value * 255 / largest), count: 3))
        case .palette:
            let index = red & ((1 << depth) - 1)
            return ([index], Array(palette[index * 3..<index * 3 + 3]))
        }
    }

    static func file(_ writer: PNGWriter) -> [UInt8] {
        var writer = writer
        if writer.colourType == .palette { writer.palette = Array(palette.prefix(3 << writer.bitDepth)) }
        return writer.file(width: Pattern.width, height: Pattern.height) {
            samples(writer.colourType, writer.bitDepth, $0, $1).stored
        }
    }

    @Test(
        "of any colour type, depth and interlacing becomes RGB, without its alpha", arguments: formats, [false, true])
    func everyFormat(format: (ColourType, Int), isInterlaced: Bool) throws {
        let (type, depth) = format
        let file = Self.file(PNGWriter(colourType: type, bitDepth: depth, isInterlaced: isInterlaced))
        let expected = try Pattern.make { Self.samples(type, depth, $0, $1).pixel }
        #expect(try Image(decoding: file) == expected)
    }

    @Test(
        "keeps the colours that it declares transparent",
        arguments: [(.gray, [0, 1]), (.rgb, [0, 19, 0, 28, 0, 22]), (.palette, [0, 128])] as [(ColourType, [UInt8])])
    func transparentColours(type: ColourType, transparency: [UInt8]) throws {
        let file = Self.file(PNGWriter(colourType: type, bitDepth: 8, transparency: transparency))
        #expect(try Image(decoding: file) == Pattern.make { Self.samples(type, 8, $0, $1).pixel })
    }

    @Test("that claims more pixels than the limit is refused before memory is taken")
    func tooLarge() throws {
        let side = Int(Int32.max)
        let file = Self.file(PNGWriter(colourType: .rgb, bitDepth: 8, claimedSize: (side, side)))
        let error = try #require(throws: VireoError.self) { _ = try Image(decoding: file) }
        #expect(error.code == .malformedFile)
        #expect(error.message.contains("2147483647x2147483647 pixels, where the limit is 268435456"))
    }

    @Test("cut at any length is refused", arguments: [false, true])
    func truncated(isInterlaced: Bool) throws {
        let file = Self.file(PNGWriter(colourType: .rgb, bitDepth: 8, isInterlaced: isInterlaced))
        for count in 0..<file.count {
            let error = try #require(throws: VireoError.self) { _ = try Image(decoding: Array(file.prefix(count))) }
            #expect([.malformedFile, .unsupported].contains(error.code), "cut after \(count) bytes")
        }
    }

    @Test("with bits flipped is an image or an error", arguments: formats)
    func flippedBits(type: ColourType, depth: Int) throws {
        let file = Self.file(PNGWriter(colourType: type, bitDepth: depth, isInterlaced: depth == 8))
        try expectImageOrError(for: file, trials: 400)
    }
}
