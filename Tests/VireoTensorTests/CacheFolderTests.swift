import Glibc
import Testing
import VireoTensor
import VireoTestSupport

@Suite struct CacheFolderTests {
    private let temporary = try! TemporaryFolder()
    private var folder: CacheFolder { CacheFolder(path: temporary.path + "/made/when/needed") }
    private let keys = ["a", "b"].map { Fingerprint(of: $0) }

    private func store(_ bytes: [[UInt8]], as name: String, byteLimit: Int = 1 << 30) throws {
        let copies = bytes.map { bytes in
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
            copy.copyBytes(from: bytes)
            return copy
        }
        defer { copies.forEach { $0.deallocate() } }
        let fields = [("kind", "model"), ("device", "TEST"), ("label", "last\nnode"), ("choice", "x = y")]
        let contents = CacheContents(
            fields: fields.map { (name: $0.0, value: $0.1) },
            blocks: zip(keys, copies).map { (key: $0, bytes: UnsafeRawBufferPointer($1)) })
        try folder.store(contents, as: name, byteLimit: byteLimit)
    }

    @Test func `gives back what was stored`() throws {
        let blocks = [[UInt8](repeating: 3, count: 9000), [1, 2, 3]]
        try store(blocks, as: "model")
        let file = try #require(try folder.file("model"))
        for (key, bytes) in zip(keys, blocks) {
            let block = try #require(file.block(key))
            #expect(Array(block) == bytes)
            #expect(UInt(bitPattern: block.baseAddress) % 64 == 0)
        }
        #expect(file.block(Fingerprint(of: "c")) == nil)
        #expect(file[field: "choice"] == "x = y")
        #expect(folder.entries.map(\.label) == ["last node"])
    }

    @Test func `knows nothing of names that were never stored`() throws {
        #expect(try folder.file("model") == nil)
        #expect(folder.entries.isEmpty)
    }

    @Test(arguments: [0, 10, 4095, 5000, 12_000]) func `refuses a file that ends early`(_ byteCount: Int) throws {
        try store([[UInt8](repeating: 3, count: 9000), [1, 2, 3]], as: "model")
        let path = folder.path + "/model" + CacheFolder.suffix
        #expect(truncate(path, off_t(byteCount)) == 0)
        #expect(throws: VireoError.self) { try folder.file("model") }
    }

    @Test func `refuses a file whose pages a crash has lost`() throws {
        try store([[UInt8](repeating: 3, count: 9000)], as: "model")
        let descriptor = open(folder.path + "/model" + CacheFolder.suffix, O_WRONLY)
        defer { close(descriptor) }
        let zeros = [UInt8](repeating: 0, count: 4096)
        #expect(pwrite(descriptor, zeros, zeros.count, 8192) == 4096)
        #expect(throws: VireoError.self) { try folder.file("model") }
    }

    @Test(arguments: [
        "vireo cache 2\n\n", "vireo cache 1\nno colon\n\n", "vireo cache 1\nblock: x 0 0 0\n\n",
        "vireo cache 1\nblock: 00000000000000010000000000000002 9223372036854775807 9223372036854775807 0\n\n",
        "vireo cache 1\nblock: 00000000000000010000000000000002 -64 8 0\n\n", "vireo cache 1",
    ]) func `refuses what is no cache file`(_ text: String) throws {
        try store([], as: "other")
        let file = try AtomicFile(path: folder.path + "/model" + CacheFolder.suffix)
        try file.write(text)
        try file.commit()
        #expect(throws: VireoError.self) { try folder.file("model") }
        #expect(folder.entries.count == 2)
    }

    @Test func `deletes what was not used for longest`() throws {
        for (age, name) in [(30, "old"), (20, "older but used"), (10, "young")] {
            try store([[UInt8](repeating: 1, count: 40_000)], as: name)
            var times = [timespec(tv_sec: time(nil) - age, tv_nsec: 0), timespec(tv_sec: time(nil) - age, tv_nsec: 0)]
            utimensat(AT_FDCWD, folder.path + "/" + name + CacheFolder.suffix, &times, 0)
        }
        _ = try folder.file("older but used")
        try store([[UInt8](repeating: 1, count: 40_000)], as: "new", byteLimit: 100_000)
        #expect(Set(folder.entries.map(\.name)) == ["new", "older but used"])
        let gone = folder.prune(to: 0)
        #expect(gone.files == 2)
        #expect(folder.entries.isEmpty)
    }

    @Test func `stores nothing that is larger than all may be`() throws {
        try store([[UInt8](repeating: 1, count: 40_000)], as: "model", byteLimit: 1000)
        #expect(try folder.file("model") == nil)
    }
}
