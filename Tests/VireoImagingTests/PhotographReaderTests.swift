import Foundation
import Testing
import VireoImaging
import VireoTensor
import VireoTestSupport

@Suite("A reader of photographs for a network's input")
struct PhotographReaderTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static func format(
        count: Int = 1, width: Int, height: Int, _ layout: Layout = .nhwc, _ elementType: ElementType = .u8,
        _ preprocessing: Preprocessing = Preprocessing(channelOrder: .rgb)
    ) throws -> ImageTensorFormat {
        try ImageTensorFormat(
            count: count, height: height, width: width, layout: layout, elementType: elementType,
            preprocessing: preprocessing)
    }

    /// What one photograph becomes, with the size of the file's.
    private static func read(
        _ path: String, width: Int, height: Int, _ decoding: PhotographReader.Decoding = .full
    ) throws -> (pixels: [UInt8], width: Int, height: Int) {
        let format = try format(width: width, height: height)
        var tensor = try Tensor(zeros: .u8, format.shape)
        var reader = PhotographReader(format, decoding: decoding)
        let size = try reader.read(path, into: &tensor)
        return (try tensor.array(of: UInt8.self), size.width, size.height)
    }

    @Test("gives the pixels of the file, decoded and then resized", arguments: RecordedImages.files.indices)
    func equalsTwoSteps(index: Int) throws {
        let recorded = RecordedImages.files[index]
        let path = try folder.file(recorded.name, decoded(recorded.file))
        let whole = try Image(contentsOf: path)
        for (width, height) in [(5, 4), (whole.width, whole.height), (40, 31)] {
            let photograph = try Self.read(path, width: width, height: height)
            #expect(try photograph.pixels == whole.resized(width: width, height: height).pixels)
            #expect(photograph.width == whole.width && photograph.height == whole.height)
        }
    }

    @Test(
        "gives what a new reader gives after files of other sizes and formats",
        arguments: [(.nchw, .f32), (.nhwc, .f16), (.nchw, .u8)] as [(Layout, ElementType)])
    func sequence(layout: Layout, elementType: ElementType) throws {
        let preprocessing = try Preprocessing(
            channelOrder: .bgr, mean: elementType == .u8 ? [0] : [123.68, 116.78, 103.94])
        let format = try Self.format(width: 6, height: 7, layout, elementType, preprocessing)
        var reader = PhotographReader(format)
        var tensor = try Tensor(zeros: elementType, format.shape)
        let files = RecordedImages.files + RecordedImages.files.reversed()
        for recorded in files {
            let path = try folder.file(recorded.name, decoded(recorded.file))
            _ = try reader.read(path, into: &tensor)
            let image = try Image(contentsOf: path).resized(width: 6, height: 7)
            #expect(
                try tensor == image.tensor(layout: layout, elementType: elementType, preprocessing: preprocessing))
            let cut = try folder.file("cut", Array(decoded(recorded.file).prefix(30)))
            #expect(throws: VireoError.self) { try reader.read(cut, into: &tensor) }
        }
    }

    @Test("stacks photographs, and repeats one", arguments: ["NHWC", "NCHW", "CHWN"])
    func batch(layout: String) throws {
        let layout = try Layout(layout)
        let format = try Self.format(count: 3, width: 4, height: 5, layout)
        var reader = PhotographReader(format)
        var tensor = try Tensor(zeros: .u8, format.shape)
        var images: [Image] = []
        for (index, recorded) in RecordedImages.files.prefix(2).enumerated() {
            let path = try folder.file(recorded.name, decoded(recorded.file))
            _ = try reader.read(path, into: &tensor, at: index)
            images.append(try Image(contentsOf: path).resized(width: 4, height: 5))
        }
        format.repeatImage(at: 1, to: 2, in: &tensor)
        #expect(
            try tensor == Tensor(images: [images[0], images[1], images[1]], layout: layout, elementType: .u8))
    }

    /// A gray picture of 13x9 pixels, all 128, is 128 at each scale too.
    @Test("may decode at a part of the size, never below what is wanted")
    func scaled() throws {
        let path = try folder.file("gray.jpg", ProgressiveJPEGTests.file(scanCount: 98))
        for (width, height) in [(1, 1), (3, 2), (6, 4), (7, 5), (26, 18)] {
            let photograph = try Self.read(path, width: width, height: height, .scaled)
            #expect(photograph.pixels == [UInt8](repeating: 128, count: width * height * 3))
            #expect(photograph.width == 13 && photograph.height == 9)
        }
    }

    @Test(
        "differs little when it decodes at a part of the size", arguments: ["cat_720p.jpg", "hot_dog.jpg"])
    func scaledPhotograph(name: String) throws {
        let path = "\(modelsFolder)/images/\(name)"
        guard FileManager.default.fileExists(atPath: path) else {
            return withKnownIssue("no folder of photographs; set VIREO_MODELS") { Issue.record("not run") }
        }
        let full = try Self.read(path, width: 160, height: 160)
        let scaled = try Self.read(path, width: 160, height: 160, .scaled)
        let total = zip(full.pixels, scaled.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        let mean = Double(total) / Double(full.pixels.count)
        // Both are the same picture: another one differs by dozens of levels. What is left is the fine detail that
        // interpolation between four pixels of the full size picks up and averages do not.
        #expect(full.pixels != scaled.pixels && mean < 8, "\(mean) levels on average")
        #expect(scaled.width == full.width && scaled.height == full.height)
    }

    @Test("says what cannot be read, with the path, and refuses sizes without pixels")
    func errors() throws {
        let path = try folder.file("gray.jpg", ProgressiveJPEGTests.file(scanCount: 3))
        #expect(try Self.read(path, width: 4, height: 4).pixels.count == 48)
        let absent = #expect(throws: VireoError.self) {
            try Self.read(folder.path("absent.jpg"), width: 4, height: 4)
        }
        #expect(absent?.code == .notFound && absent?.description.contains("absent.jpg") == true)
        for (count, width, height) in [(1, 0, 4), (1, 4, 0), (0, 4, 4)] {
            let empty = #expect(throws: VireoError.self) {
                try Self.format(count: count, width: width, height: height)
            }
            #expect(empty?.code == .invalidArgument)
        }
        let cut = try folder.file("cut.jpg", Array(ProgressiveJPEGTests.file(scanCount: 3).prefix(60)))
        #expect(throws: VireoError.self) { try Self.read(cut, width: 4, height: 4) }
    }
}
