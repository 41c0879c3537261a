import Testing
import VireoImaging
import VireoTensor

@Suite("Files written by Pillow")
struct RecordedFileTests {
    @Test("decode to what Pillow decodes", arguments: RecordedImages.files.map(\.name))
    func pixels(name: String) throws {
        let recorded = try #require(RecordedImages.files.first { $0.name == name })
        let image = try Image(decoding: decoded(recorded.file))
        let expected = try Image(width: Pattern.width, height: Pattern.height, pixels: decoded(recorded.pixels))
        // Decoders of JPEG may round the inverse transform differently, by one level; PNG is exact.
        let difference = zip(image.pixels, expected.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 255
        #expect(difference <= (name.hasPrefix("png") ? 0 : 1))
        #expect(image.width == expected.width && image.height == expected.height)
    }

    @Test("cut at any length are refused", arguments: RecordedImages.files.map(\.name))
    func truncated(name: String) throws {
        let file = decoded(try #require(RecordedImages.files.first { $0.name == name }).file)
        for count in 0..<file.count {
            let error = try #require(throws: VireoError.self) { _ = try Image(decoding: Array(file.prefix(count))) }
            #expect([.malformedFile, .unsupported].contains(error.code), "cut after \(count) bytes")
        }
    }

    @Test("with bits flipped are images or errors", arguments: RecordedImages.files.map(\.name))
    func flippedBits(name: String) throws {
        try expectImageOrError(
            for: decoded(try #require(RecordedImages.files.first { $0.name == name }).file), trials: 2000)
    }
}

/// Decodes `file` with one to four of its bits flipped, at reproducible places; anything but an image or a `VireoError`
/// ends the test process.
func expectImageOrError(for file: [UInt8], trials: Int) throws {
    var generator = SeededGenerator(seed: UInt64(file.count))
    var errorCount = 0
    for _ in 0..<trials {
        var bytes = file
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            bytes[Int.random(in: bytes.indices, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        }
        do throws(VireoError) {
            let image = try Image(decoding: bytes)
            #expect(image.pixels.count == image.width * image.height * 3)
        } catch {
            errorCount += 1
            #expect([.malformedFile, .unsupported, .outOfMemory].contains(error.code))
        }
    }
    #expect(errorCount > 0)
}
