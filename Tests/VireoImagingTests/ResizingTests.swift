import Testing
import VireoImaging
import VireoTensor

@Suite("Resizing")
struct ResizingTests {
    @Test(
        "bilinearly gives what tf.image.resize gives, rounded to the nearest", arguments: RecordedImages.resized.indices
    )
    func bilinear(index: Int) throws {
        let recorded = RecordedImages.resized[index]
        let image = try Pattern.image().resized(width: recorded.width, height: recorded.height)
        #expect(image.pixels == decoded(recorded.bilinear))
    }

    @Test("with antialiasing gives what Pillow gives, bit for bit", arguments: RecordedImages.resized.indices)
    func antialiased(index: Int) throws {
        let recorded = RecordedImages.resized[index]
        let image = try Pattern.image().resized(
            width: recorded.width, height: recorded.height, filter: .antialiasedBilinear)
        #expect(image.pixels == decoded(recorded.antialiased))
    }

    @Test("to the same size changes nothing", arguments: Image.ResizeFilter.allCases)
    func sameSize(filter: Image.ResizeFilter) throws {
        let image = try Pattern.image()
        #expect(try image.resized(width: image.width, height: image.height, filter: filter) == image)
    }

    @Test(
        "keeps a picture of one colour", arguments: Image.ResizeFilter.allCases, [(1, 1), (3, 700), (700, 3), (64, 64)])
    func oneColour(filter: Image.ResizeFilter, size: (Int, Int)) throws {
        let image = try Pattern.make { _, _ in [255, 128, 1] }.resized(width: size.0, height: size.1, filter: filter)
        #expect(image.pixels == (0..<(size.0 * size.1)).flatMap { _ in [255, 128, 1] as [UInt8] })
    }

    @Test(
        "to no pixels or to more than the limit is an error",
        arguments: [(0, 5), (5, -1), (1 << 20, 1 << 20), (.max, 2)])
    func impossibleSizes(width: Int, height: Int) throws {
        let error = try #require(throws: VireoError.self) {
            _ = try Pattern.image().resized(width: width, height: height)
        }
        #expect(error.code == .invalidArgument)
    }
}
