import Foundation
import Testing
import VireoTensor
import VireoTensorFlow
import VireoTestSupport

@Suite("Checkpoints")
struct CheckpointTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func expectRecorded(_ checkpoint: Checkpoint) throws {
        #expect(checkpoint.names == ["bias", "count", "flag", "half", "step", "table"])
        #expect(try checkpoint.tensor("bias") == Tensor([1.5, -2.0]))
        #expect(try checkpoint.tensor("count") == Tensor([Int32(1), -2, 3, .max], [2, 2]))
        #expect(try checkpoint.tensor("flag").array(of: Bool.self) == [true, false, true])
        #expect(try checkpoint.tensor("half") == Tensor([Float16(0.5), -1]))
        #expect(try checkpoint.tensor("step") == Tensor(scalar: Int64(-5)))
        let rows = [(0..<9), (100..<106), (200..<206)].flatMap { $0.map(Float.init) }
        #expect(try checkpoint.tensor("table") == Tensor(rows, [7, 3]))
    }

    private func writeSharded() throws -> String {
        _ = try folder.file("model.ckpt.index", RecordedFiles.shardedIndex)
        _ = try folder.file("model.ckpt.data-00000-of-00002", RecordedFiles.shardedData0)
        _ = try folder.file("model.ckpt.data-00001-of-00002", RecordedFiles.shardedData1)
        return folder.path("model.ckpt")
    }

    @Test("two shards with a partitioned variable, as TensorFlow wrote them, are read")
    func sharded() throws { try expectRecorded(Checkpoint(path: writeSharded())) }

    @Test("a single file of the first version, as TensorFlow wrote it, is read")
    func firstVersion() throws {
        try expectRecorded(Checkpoint(path: folder.file("old.ckpt", RecordedFiles.singleFile)))
    }

    @Test(
        "shards of the first version are found by their prefix, by one of them, and by the pattern in a checkpoint file",
        arguments: ["old.ckpt", "old.ckpt-00001-of-00002", "old.ckpt-?????-of-00002", "", "checkpoint"])
    func firstVersionInShards(_ name: String) throws {
        for (number, bytes) in RecordedFiles.oldShards.enumerated() {
            _ = try folder.file("old.ckpt-0000\(number)-of-00002", bytes)
        }
        _ = try folder.file("checkpoint", "model_checkpoint_path: \"/gone/old.ckpt-?????-of-00002\"".utf8)
        let checkpoint = try Checkpoint(path: name.isEmpty ? folder.path : folder.path(name))
        #expect(checkpoint.names == ["a", "b"])
        #expect(try checkpoint.tensor("a") == Tensor([Float(1.5), -2]))
        #expect(try checkpoint.tensor("b") == Tensor([Int32(0), 1, 2, 3, 4, 5], [2, 3]))
    }

    @Test("a shard of the first version that is missing leaves no checkpoint")
    func missingOldShard() throws {
        _ = try folder.file("old.ckpt-00000-of-00002", RecordedFiles.oldShards[0])
        #expect(throws: VireoError.self) { try Checkpoint(path: folder.path("old.ckpt")) }
    }

    @Test("parts are found by their keys when the numbers in these are large")
    func largeNumbersInKeys() throws {
        _ = try folder.file("wide.index", RecordedFiles.wideIndex)
        #expect(try Checkpoint(path: folder.path("wide")).names == ["big", "wide"])
    }

    @Test(
        "a prefix, each of its files, the folder and its checkpoint file all mean the same checkpoint",
        arguments: [
            "model.ckpt", "model.ckpt.index", "model.ckpt.data-00001-of-00002", "model.ckpt.meta", "", "checkpoint",
        ])
    func places(_ name: String) throws {
        let prefix = try writeSharded()
        let state = """
            model_checkpoint_path: "/moved/from/here/model.ckpt"
            all_model_checkpoint_paths: "model.ckpt-1"
            last_preserved_timestamp: 1.5
            """
        _ = try folder.file("checkpoint", state.utf8)
        let checkpoint = try Checkpoint(path: name.isEmpty ? folder.path : folder.path(name))
        #expect(checkpoint.path == prefix)
    }

    @Test("what is no checkpoint is an error that says what was looked for")
    func absent() throws {
        let path = folder.path("model.ckpt-7")
        let missing = failure { _ = try Checkpoint(path: path) }
        #expect(missing?.code == .notFound)
        #expect(missing?.message.contains("neither \(path).index nor a file of that name") == true)
        let empty = failure { _ = try Checkpoint(path: folder.path) }
        #expect(empty?.code == .notFound && empty?.message.contains("no file named checkpoint") == true)
        _ = try folder.file("checkpoint", "model_checkpoint_path: \"gone\"".utf8)
        #expect(
            failure { _ = try Checkpoint(path: folder.path) }?.message
                == "the latest checkpoint, \"gone\", is not there")
        let other = try folder.file("other", [UInt8](repeating: 7, count: 100))
        #expect(failure { _ = try Checkpoint(path: other) }?.code == .malformedFile)
    }

    @Test("a missing shard is named when a tensor in it is read, and the others are still read")
    func missingShard() throws {
        let prefix = try writeSharded()
        try FileManager.default.removeItem(atPath: prefix + ".data-00001-of-00002")
        let checkpoint = try Checkpoint(path: prefix)
        #expect(try checkpoint.tensor("bias") == Tensor([1.5, -2.0]))
        let error = failure { _ = try checkpoint.tensor("count") }
        #expect(error?.code == .notFound)
        #expect(error?.context.contains(prefix + ".data-00001-of-00002") == true)
    }

    @Test("a flipped bit in the data is an error of the variable")
    func damagedData() throws {
        let prefix = try writeSharded()
        var data = RecordedFiles.shardedData0
        data[0] ^= 1
        _ = try folder.file("model.ckpt.data-00000-of-00002", data)
        let checkpoint = try Checkpoint(path: prefix)
        let errors = checkpoint.names.compactMap { name in failure { _ = try checkpoint.tensor(name) } }
        #expect(errors.count == 1)
        #expect(errors.first?.message == "the checksum of the data is wrong: the file is damaged")
    }

    @Test("a flipped bit anywhere in the table is an error or changes nothing that is read")
    func damagedTable() throws {
        let prefix = try writeSharded()
        for position in RecordedFiles.shardedIndex.indices {
            var index = RecordedFiles.shardedIndex
            index[position] ^= 1 << (position % 8)
            _ = try folder.file("model.ckpt.index", index)
            if let checkpoint = try? Checkpoint(path: prefix) { try expectRecorded(checkpoint) }
        }
    }

    @Test("blocks compressed by snappy are read, and other compressions named", arguments: [1, 2, 100])
    func compression(_ entriesPerBlock: Int) throws {
        var bundle = BundleFixture(variables: [("a", [2], [1, 2]), ("b/c", [], [3]), ("b/d", [1, 1], [4])])
        bundle.writer.entriesPerBlock = entriesPerBlock
        for compression in [TableWriter.Compression.none, .snappy] {
            bundle.writer.compression = compression
            let checkpoint = try Checkpoint(path: bundle.write(to: folder))
            #expect(checkpoint.names == ["a", "b/c", "b/d"])
            #expect(try checkpoint.tensor("a") == Tensor([Float(1), 2]))
            #expect(try checkpoint.tensor("b/d") == Tensor([Float(4)], [1, 1]))
        }
        bundle.writer.compression = .unknown
        #expect(failure { _ = try Checkpoint(path: bundle.write(to: folder)) }?.code == .unsupported)
    }

    @Test("an index that names one block over and over is an error, not hours of work")
    func repeatedBlocks() throws {
        var bundle = BundleFixture(variables: [("a", [], [1])])
        bundle.writer.repeats = 1000
        #expect(failure { _ = try Checkpoint(path: bundle.write(to: folder)) }?.code == .malformedFile)
    }
}

@Suite("Snappy")
struct SnappyTests {
    private func decompress(_ bytes: [UInt8]) throws -> [UInt8] {
        try bytes.withUnsafeBytes { bytes in try Snappy.decompress(bytes) }
    }

    @Test("a block that the snappy library compressed is restored")
    func recorded() throws { #expect(try decompress(RecordedFiles.snappyBlock) == RecordedFiles.snappyText) }

    @Test("each kind of element is understood")
    func elements() throws {
        #expect(try decompress([0]) == [])
        #expect(try decompress([3, 8, 1, 2, 3]) == [1, 2, 3])
        // A literal whose length is in the next byte.
        #expect(
            try decompress([62, 60 << 2, 61] + [UInt8](repeating: 9, count: 62)) == [UInt8](repeating: 9, count: 62))
        // A copy of 4 from 1 back, which repeats a byte.
        #expect(try decompress([5, 0, 7, 0b000_000_01, 1]) == [7, 7, 7, 7, 7])
        // Copies with distances of two and of four bytes.
        #expect(try decompress([4, 4, 1, 2, 1 << 2 | 2, 2, 0]) == [1, 2, 1, 2])
        #expect(try decompress([4, 4, 1, 2, 1 << 2 | 3, 2, 0, 0, 0]) == [1, 2, 1, 2])
    }

    @Test(
        "blocks that contradict themselves are errors",
        arguments: [
            [], [0x80], [4, 0, 1], [1, 4, 1, 2], [2, 0, 1, 1, 2], [5, 0, 1, 1, 0], [3, 8, 1, 2], [1, 60 << 2],
            [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0, 1],
        ] as [[UInt8]])
    func damage(_ block: [UInt8]) { #expect(failure { _ = try decompress(block) }?.code == .malformedFile) }

    @Test("a damaged block is an error or other bytes of the length it declares")
    func mutations() {
        var random = SeededGenerator(state: 5)
        for _ in 0..<20_000 {
            var block = RecordedFiles.snappyBlock
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                block[Int.random(in: block.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            block.removeLast(Int.random(in: 0...2, using: &random))
            if let error = failure({ _ = try decompress(block) }) { #expect(error.code == .malformedFile) }
        }
    }
}
