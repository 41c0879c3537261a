import Foundation
import Testing
import VireoTensor
import VireoTestSupport

@Suite("An atomic file")
struct AtomicFileTests {
    @Test("appears only when it is committed, with every byte in order")
    func appearsOnCommit() throws {
        let folder = try TemporaryFolder()
        let file = try AtomicFile(path: folder.path("out.bin"))
        try file.write("head")
        let large = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        try file.write(large)
        try file.write([1, 2, 3])
        #expect(file.offset == 200_007)
        #expect(!FileManager.default.fileExists(atPath: folder.path("out.bin")))
        try file.commit()
        #expect(try folder.names() == ["out.bin"])
        #expect(try folder.bytes(of: "out.bin") == Array("head".utf8) + large + [1, 2, 3])
    }

    @Test("replaces what had its name, and only on commit")
    func replaces() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("out.bin", [1])
        do {
            let abandoned = try AtomicFile(path: path)
            try abandoned.write([2])
        }
        #expect(try folder.bytes(of: "out.bin") == [1])
        let cancelled = try AtomicFile(path: path)
        try cancelled.write([3])
        cancelled.cancel()
        #expect(try folder.bytes(of: "out.bin") == [1])
        let file = try AtomicFile(path: path)
        try file.write([4])
        try file.commit()
        #expect(try folder.bytes(of: "out.bin") == [4])
        #expect(try folder.names() == ["out.bin"])
    }

    @Test("pads with zeros to a multiple", arguments: [(0, 0), (1, 64), (63, 64), (64, 64), (65, 128)])
    func pads(count: Int, padded: Int) throws {
        let folder = try TemporaryFolder()
        let file = try AtomicFile(path: folder.path("out.bin"))
        try file.write([UInt8](repeating: 7, count: count))
        try file.pad(to: 64)
        #expect(file.offset == padded)
        try file.commit()
        let zeros = [UInt8](repeating: 0, count: padded - count)
        #expect(try folder.bytes(of: "out.bin") == [UInt8](repeating: 7, count: count) + zeros)
    }

    @Test("has the permissions that any new file gets")
    func permissions() throws {
        let folder = try TemporaryFolder()
        let plain = try folder.file("plain", [])
        let file = try AtomicFile(path: folder.path("atomic"))
        try file.commit()
        let modes = try [plain, folder.path("atomic")].map {
            try FileManager.default.attributesOfItem(atPath: $0)[.posixPermissions] as? Int
        }
        #expect(modes[0] == modes[1])
    }

    @Test("replaces the file that a symbolic link names")
    func followsLinks() throws {
        let folder = try TemporaryFolder()
        let target = try folder.file("target", [1])
        try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: target)
        let file = try AtomicFile(path: folder.path("link"))
        try file.write([2])
        try file.commit()
        #expect(try folder.bytes(of: "target") == [2])
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("link")) == target)
    }

    @Test("refuses a missing folder, a file as folder, a folder and a device, by path and with a remedy")
    func refusals() throws {
        let folder = try TemporaryFolder()
        let plain = try folder.file("plain", [])
        for path in [folder.path("absent/out"), "\(plain)/out", folder.path, "/dev/null"] {
            let error = try #require(throws: VireoError.self) { _ = try AtomicFile(path: path) }
            #expect(error.message.hasPrefix("cannot write \(path): "))
            #expect(error.remedy != nil)
        }
        #expect(try folder.names() == ["plain"])
    }

    @Test("names the remedy for a full disk")
    func fullDisk() throws {
        let descriptor = open("/dev/full", O_WRONLY)
        defer { close(descriptor) }
        let code = [1, 2, 3].withUnsafeBytes { writeAll($0, to: descriptor) }
        #expect(code == ENOSPC)
        let error = VireoError(systemCall: "cannot write out.bin", because: code)
        #expect(error.message == "cannot write out.bin: no space left on device")
        #expect(error.remedy?.contains("free some space") == true)
    }
}
