import Foundation
import Testing
import VireoTensor
import VireoTestSupport

@Suite("A mapped file")
struct MappedFileTests {
    @Test("holds the file's bytes for tensors to view, also after it is gone itself")
    func viewed() throws {
        let folder = try TemporaryFolder()
        func tensor() throws -> Tensor {
            let file = try MappedFile(path: folder.file("weights.bin", (0..<200).map { UInt8($0) }))
            #expect(file.size == 200)
            return try Tensor(.u8, [3], viewing: file.storage, byteOffset: 64)
        }
        var view = try tensor()
        #expect(try view.array(of: UInt8.self) == [64, 65, 66])
        view.withUnsafeMutableBytes { $0[0] = 0 }
        #expect(try view.array(of: UInt8.self) == [0, 65, 66])
        #expect(try folder.bytes(of: "weights.bin")[64] == 64)
    }

    @Test("may be empty")
    func empty() throws {
        let folder = try TemporaryFolder()
        let file = try MappedFile(path: folder.file("empty", []))
        #expect(file.size == 0)
        #expect(file.withUnsafeBytes { $0.count } == 0)
    }

    @Test("is refused when it is absent, a folder, a pipe or a device")
    func refusals() throws {
        let folder = try TemporaryFolder()
        let pipe = folder.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        let absent = try #require(throws: VireoError.self) { _ = try MappedFile(path: folder.path("absent")) }
        #expect(absent.code == .notFound && absent.message.contains(folder.path("absent")))
        for path in [folder.path, pipe, "/dev/zero"] {
            let error = try #require(throws: VireoError.self) { _ = try MappedFile(path: path) }
            #expect(error.code == .inputOutput && error.message.hasPrefix(path) && error.remedy != nil)
        }
    }
}
