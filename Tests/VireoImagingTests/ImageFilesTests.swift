import Foundation
import Testing
import VireoImaging
import VireoTensor
import VireoTestSupport

@Suite("Image files")
struct ImageFilesTests {
    static let bitmap = BMPWriter(bitsPerPixel: 24).file(width: 13, height: 9) { BMPTests.word($0, $1) }

    @Test("are listed as given, and folders as their images by content, sorted by name")
    func listing() throws {
        let folder = try TemporaryFolder()
        for name in ["b.bmp", "a.dat", ".hidden.bmp"] { _ = try folder.file(name, Self.bitmap) }
        let notes = try folder.file("notes.png", "not a picture".utf8)
        try FileManager.default.createDirectory(atPath: folder.path("inner"), withIntermediateDirectories: false)
        let listed = try ImageFiles.list(paths: [notes, folder.path, folder.path("b.bmp")])
        #expect(listed == [notes, folder.path("a.dat"), folder.path("b.bmp"), folder.path("b.bmp")])
    }

    @Test("that do not exist, and folders without images, are errors")
    func absent() throws {
        let folder = try TemporaryFolder()
        for path in [folder.path("absent"), folder.path] {
            let error = try #require(throws: VireoError.self) { _ = try ImageFiles.list(paths: [path]) }
            #expect(error.code == .notFound && error.message.contains(path))
        }
    }

    @Test("are recognised by their content, whatever their name")
    func byContent() throws {
        let folder = try TemporaryFolder()
        #expect(try Image(contentsOf: folder.file("photo.jpg", Self.bitmap)) == Pattern.image())
    }

    @Test(
        "of other formats are refused by name",
        arguments: [
            ("GIF89a", "it is a GIF image"), ("RIFF\0\0\0\0WEBPVP8 ", "it is a WebP image"),
            ("II*\0\u{8}", "it is a TIFF image"),
            ("\0\0\0\u{1C}ftypavif", "it is an AVIF image"), ("\0\0\0\u{18}ftypheic", "it is a HEIF image"),
            ("P6\n2 2", "it is a PNM image"),
            ("hello", "it is no image"),
        ])
    func foreignFormats(content: String, name: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("photo.jpg", content.utf8)
        let error = try #require(throws: VireoError.self) { _ = try Image(contentsOf: path) }
        #expect(error.code == .unsupported && error.context == ["reading \(path)"])
        #expect(error.message.hasPrefix(name))
    }

    @Test("that are empty, absent or folders are errors")
    func unreadable() throws {
        let folder = try TemporaryFolder()
        let empty = try folder.file("empty.png", [])
        for (path, code) in [(empty, .malformedFile), (folder.path, .inputOutput), (folder.path("no.png"), .notFound)]
            as [(String, VireoError.Code)]
        {
            let error = try #require(throws: VireoError.self) { _ = try Image(contentsOf: path) }
            #expect(error.code == code)
        }
    }
}
