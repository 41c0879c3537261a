import Testing
import VireoImaging
import VireoTestSupport

@Suite("Drawing and writing images")
struct DrawingTests {
    let image: Image

    init() throws { image = try Image(width: 7, height: 5, pixels: (0..<105).map { UInt8($0 * 2) }) }

    @Test("a PNG file holds exactly the image's pixels")
    func writesPNG() throws {
        let folder = try TemporaryFolder()
        try image.write(pngFile: folder.path("image.png"))
        #expect(try Image(contentsOf: folder.path("image.png")) == image)
        #expect(throws: (any Error).self) { try image.write(pngFile: folder.path("absent/image.png")) }
        #expect(try folder.names() == ["image.png"])
    }

    private func changed(_ left: Int, _ top: Int, _ right: Int, _ bottom: Int, thickness: Int = 1) -> [[Int]] {
        let drawn = image.drawingFrame(
            left: left, top: top, right: right, bottom: bottom, thickness: thickness, color: (255, 255, 255))
        return (0..<35).filter { drawn.pixels[$0 * 3] == 255 }.map { [$0 % 7, $0 / 7] }
    }

    @Test("a frame has its four sides and nothing inside")
    func frame() {
        #expect(changed(1, 1, 3, 3) == [[1, 1], [2, 1], [3, 1], [1, 2], [3, 2], [1, 3], [2, 3], [3, 3]])
        #expect(changed(0, 0, 6, 4, thickness: 9).count == 35)
    }

    @Test("what lies outside the image is left out")
    func clipping() {
        #expect(changed(-5, -5, -1, -1).isEmpty)
        #expect(changed(50, 50, 60, 60).isEmpty)
        #expect(changed(4, 4, 2, 2).isEmpty)
        #expect(changed(-3, 2, 100, 100) == (0..<7).map { [$0, 2] })
    }
}
