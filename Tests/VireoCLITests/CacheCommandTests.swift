import Foundation
import Testing
import VireoTensor
import VireoTestSupport

@Suite("The cache command")
struct CacheCommandTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        // Files that no run wrote: they count as damaged, and are the cache's all the same.
        for (age, name) in ["old", "middle", "new"].enumerated() {
            let path = try folder.file(name + CacheFolder.suffix, [UInt8](repeating: 7, count: 1 << 20))
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1_000_000 + Double(age))], ofItemAtPath: path)
        }
        _ = try folder.file("mine.txt", "not the cache's".utf8)
    }

    private func cache(_ arguments: String...) throws -> CommandLineRun {
        try CommandLineRun(["cache"] + arguments + ["--cache-dir", folder.path])
    }

    @Test("ls lists the files with their sizes, the last used first")
    func lists() throws {
        let run = try cache("ls")
        #expect(run.status == 0, "\(run.errors)")
        let lines = run.output.split(separator: "\n")
        #expect(lines.first == "\(folder.path): 3 files, 3.0 MiB")
        #expect(lines.dropFirst(2).map { $0.split(separator: " ").last } == ["new", "middle", "old"])
        #expect(!run.output.contains("mine.txt"))
        struct Report: Decodable {
            struct File: Decodable { let name: String }
            let bytes: Int
            let files: [File]
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(cache("ls", "--json").output.utf8))
        #expect(report.bytes == 3 << 20 && report.files.map(\.name) == ["new", "middle", "old"])
    }

    @Test("prune keeps what was used last, and clear nothing; files of others stay")
    func deletes() throws {
        let pruned = try cache("prune", "--keep", "1")
        #expect(pruned.output == "\(folder.path): 2 files, 2.0 MiB deleted; 1 file, 1.0 MiB left\n")
        #expect(try folder.names() == ["mine.txt", "new.vireocache"])
        #expect(try cache("clear").status == 0)
        #expect(try folder.names() == ["mine.txt"])
        #expect(try cache("ls").output == "\(folder.path): 0 files, 0.0 KiB\n")
    }

    @Test("the folder is the one that VIREO_CACHE_DIR names, unless another is given")
    func findsFolder() throws {
        let run = try CommandLineRun(["cache", "ls"], environment: ["VIREO_CACHE_DIR": folder.path])
        #expect(run.output.hasPrefix("\(folder.path): 3 files"))
        let none = try CommandLineRun(
            ["cache", "ls"], environment: ["VIREO_CACHE_DIR": "", "XDG_CACHE_HOME": "", "HOME": ""])
        #expect(none.status == 1 && none.errors.contains("--cache-dir"))
    }
}
