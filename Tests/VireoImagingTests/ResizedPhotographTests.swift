import Foundation
import Testing
import VireoImaging
import VireoTensor
import VireoTestSupport

@Suite("A photograph read in the size of a network's input")
struct ResizedPhotographTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("has the pixels of the file, decoded and then resized", arguments: RecordedImages.files.indices)
    func equalsTwoSteps(index: Int) throws {
        let recorded = RecordedImages.files[index]
        let path = try folder.file(recorded.name, decoded(recorded.file))
        let whole = try Image(contentsOf: path)
        for (width, height) in [(5, 4), (whole.width, whole.height), (40, 31)] {
            let photograph = try ResizedPhotograph(contentsOf: path, width: width, height: height)
            #expect(try photograph.image == whole.resized(width: width, height: height))
            #expect(photograph.fileWidth == whole.width && photograph.fileHeight == whole.height)
        }
    }

    /// A gray picture of 13x9 pixels, all 128, is 128 at each scale too.
    @Test("may be decoded at a part of its size, never below what is wanted")
    func scaled() throws {
        let path = try folder.file("gray.jpg", ProgressiveJPEGTests.file(scanCount: 98))
        for (width, height) in [(1, 1), (3, 2), (6, 4), (7, 5), (26, 18)] {
            let photograph = try ResizedPhotograph(
                contentsOf: path, width: width, height: height, decoding: .scaled)
            #expect(photograph.image.pixels == [UInt8](repeating: 128, count: width * height * 3))
            #expect(photograph.fileWidth == 13 && photograph.fileHeight == 9)
        }
    }

    @Test(
        "differs little when it was decoded at a part of its size", arguments: ["cat_720p.jpg", "hot_dog.jpg"])
    func scaledPhotograph(name: String) throws {
        let path = "\(modelsFolder)/images/\(name)"
        guard FileManager.default.fileExists(atPath: path) else {
            return withKnownIssue("no folder of photographs; set VIREO_MODELS") { Issue.record("not run") }
        }
        let full = try ResizedPhotograph(contentsOf: path, width: 160, height: 160)
        let scaled = try ResizedPhotograph(contentsOf: path, width: 160, height: 160, decoding: .scaled)
        let total = zip(full.image.pixels, scaled.image.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        let mean = Double(total) / Double(full.image.pixels.count)
        // Both are the same picture: another one differs by dozens of levels. What is left is the fine detail that
        // interpolation between four pixels of the full size picks up and averages do not.
        #expect(full.image != scaled.image && mean < 8, "\(mean) levels on average")
        #expect(scaled.fileWidth == full.fileWidth && scaled.fileHeight == full.fileHeight)
    }

    @Test("that cannot be read is an error with the path, and so is a size without pixels")
    func errors() throws {
        let path = try folder.file("gray.jpg", ProgressiveJPEGTests.file(scanCount: 3))
        let absent = #expect(throws: VireoError.self) {
            try ResizedPhotograph(contentsOf: folder.path("absent.jpg"), width: 4, height: 4)
        }
        #expect(absent?.code == .notFound && absent?.description.contains("absent.jpg") == true)
        let empty = #expect(throws: VireoError.self) {
            try ResizedPhotograph(contentsOf: path, width: 0, height: 4)
        }
        #expect(empty?.code == .invalidArgument)
        let cut = try folder.file("cut.jpg", Array(ProgressiveJPEGTests.file(scanCount: 3).prefix(60)))
        #expect(throws: VireoError.self) { try ResizedPhotograph(contentsOf: cut, width: 4, height: 4) }
    }
}
