import Foundation
import Testing
import VireoTensor
import VireoTensorFlow
import VireoTestSupport

@Suite("Damaged models of every form")
struct FormDamageTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Loads a model and reads every small constant in it: damage is an error and everything else is read.
    private func load(_ source: ModelSource) {
        do throws(VireoError) {
            let loaded = try source.load()
            _ = try GraphSummary(loaded)
            for node in loaded.graph.nodes { try read(node) }
        } catch {
            expectDamage(error)
        }
    }

    private func read(_ node: NodeDef) throws(VireoError) {
        for case .tensor(let proto) in node.attributes.values {
            guard proto.shape.shape.map({ $0.elementCount < 1 << 20 }) ?? true else { continue }
            do throws(VireoError) {
                _ = proto.dataType == .string ? try proto.strings().count : try proto.tensor().byteCount
            } catch {
                expectDamage(error)
            }
        }
    }

    private func read(_ checkpoint: String) {
        do throws(VireoError) {
            let checkpoint = try Checkpoint(path: checkpoint)
            for name in checkpoint.names { _ = try checkpoint.tensor(name) }
        } catch {
            expectDamage(error)
        }
    }

    private func expectDamage(_ error: VireoError) {
        #expect([.malformedFile, .unsupported, .notFound, .invalidArgument].contains(error.code), "\(error)")
    }

    private func mutated(
        _ bytes: [UInt8], _ random: inout SeededGenerator, of range: Range<Int>? = nil
    ) -> [UInt8] {
        guard !bytes.isEmpty else { return bytes }
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            bytes[Int.random(in: range ?? bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        if Int.random(in: 0..<8, using: &random) == 0 {
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
        }
        return bytes
    }

    @Test("a V2 table with damaged entries and right checksums is an error or another checkpoint")
    func bundles() throws {
        var random = SeededGenerator(state: 21)
        let slice: [UInt8] = [0x3A, 8, 0x0A, 2, 0x10, 1, 0x0A, 2, 0x08, 1]
        for compression in [TableWriter.Compression.none, .snappy] {
            var bundle = BundleFixture(variables: [("a", [2], [1, 2]), ("b", [1, 2], [3, 4]), ("c", [], [5])])
            bundle.writer.compression = compression
            let prefix = try bundle.write(to: folder)
            for _ in 0..<mutationCount(2_000) {
                var entries = bundle.entries
                let index = Int.random(in: entries.indices, using: &random)
                entries[index].value = mutated(entries[index].value, &random)
                if Bool.random(using: &random) { entries[index].value += slice }
                if Bool.random(using: &random) { entries[index].key = mutated(entries[index].key, &random) }
                _ = try folder.file("model.ckpt.index", bundle.writer.table(entries))
                read(prefix)
            }
        }
    }

    @Test("a V1 table with damaged entries and right checksums is an error or another checkpoint")
    func tables() throws {
        var random = SeededGenerator(state: 22)
        var list = ProtobufWriter()
        var part = ProtobufWriter()
        list.message(1) { meta in
            meta.message(1) { variable in
                variable.string(1, "w")
                variable.message(2) { $0.dimensions([2, 2]) }
                variable.varint(3, 3)
            }
        }
        part.message(2) { slice in
            slice.string(1, "w")
            slice.message(2) { ranges in
                ranges.message(1) { _ in }
                ranges.message(1) { range in
                    range.varint(1, 0)
                    range.varint(2, 2)
                }
            }
            slice.message(3) { $0.data(7, [1, 2, 3, 4]) }
        }
        let entries: [(key: [UInt8], value: [UInt8])] = [([], list.bytes), ([0, 1], part.bytes)]
        let path = try folder.file("v1", TableWriter().table(entries))
        #expect(try Checkpoint(path: path).tensor("w") == Tensor([Int32(1), 2, 3, 4], [2, 2]))
        for _ in 0..<mutationCount(4_000) {
            let damaged = entries.map { entry in (key: entry.key, value: mutated(entry.value, &random)) }
            _ = try folder.file("v1", TableWriter().table(damaged))
            read(path)
        }
    }

    @Test("a table with damaged bytes is an error or another checkpoint")
    func tableBytes() throws {
        var random = SeededGenerator(state: 23)
        for _ in 0..<mutationCount(2_000) {
            read(try folder.file("old", mutated(RecordedFiles.singleFile, &random)))
            _ = try folder.file("new.index", mutated(RecordedFiles.shardedIndex, &random))
            read(folder.path("new"))
        }
    }

    @Test("a checkpoint's state with random characters is an error or another state")
    func states() throws {
        var random = SeededGenerator(state: 24)
        _ = try BundleFixture(variables: [("a", [], [1])]).write(to: folder)
        for _ in 0..<mutationCount(1_000) {
            _ = try folder.file("checkpoint", mutated(Array("model_checkpoint_path: \"model.ckpt\"".utf8), &random))
            read(folder.path)
        }
    }

    @Test("a SavedModel in text with random characters is an error or another model")
    func savedModelText() throws {
        var random = SeededGenerator(state: 25)
        for _ in 0..<mutationCount(2_000) {
            let path = try SavedModelFixture.write(to: folder, mutated(Array(SavedModelFixture.text.utf8), &random))
            load(.savedModel(folder: path, tags: ["gpu", "serve"]))
        }
    }

    @Test(
        "a real SavedModel with damaged bytes is an error or another model", .enabled(if: ModelsFolder.isPresent),
        arguments: [
            ("mnist_conv/saved_model", 500), ("cifar/saved_model", 500), ("resnet8_cifar10/saved_model_tf2", 200),
        ])
    func savedModels(_ name: String, _ rounds: Int) throws {
        let source = try ModelsFolder.file("trained/\(name)")
        let whole = [UInt8](try Data(contentsOf: URL(filePath: source + "/saved_model.pb")))
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("variables"), withDestinationPath: source + "/variables")
        var random = SeededGenerator(state: 26)
        for _ in 0..<mutationCount(rounds) {
            _ = try folder.file("saved_model.pb", mutated(whole, &random))
            load(.savedModel(folder: folder.path))
        }
    }

    @Test("a real MetaGraph with damaged bytes is an error or another graph", .enabled(if: ModelsFolder.isPresent))
    func metaGraphs() throws {
        let source = try ModelsFolder.file("trained/cifar/cifar_model/model.ckpt")
        let whole = [UInt8](try Data(contentsOf: URL(filePath: source + ".meta")))
        var random = SeededGenerator(state: 27)
        for _ in 0..<mutationCount(500) {
            let path = try folder.file("model.ckpt.meta", mutated(whole, &random))
            load(.metaGraph(path: path, checkpoint: source))
        }
    }
}
