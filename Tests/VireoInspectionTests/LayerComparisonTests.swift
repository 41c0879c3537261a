import Testing
import Vireo
import VireoTestSupport

@Suite("Comparing layer by layer")
struct LayerComparisonTests {
    let core: Core
    let model: Model
    let input: Tensor

    init() throws {
        core = try Core()
        model = try BranchedNetwork.model()
        input = try BranchedNetwork.input()
    }

    private func compare(
        _ device: String, _ reference: LayerComparison.Reference, _ values: ComparedValues = .stored,
        byteLimit: Int = 1 << 20
    ) throws -> LayerComparison {
        try LayerComparison(
            model, on: device, against: reference, core, inputs: [input], values: values, byteLimit: byteLimit)
    }

    @Test("sees every value on request, in the order of the graph")
    func seesAll() throws {
        let comparison = try compare("REFERENCE", .device("REFERENCE"), .all)
        #expect(
            Set(comparison.layers.map(\.name))
                == [
                    "block/branch_0/conv", "block/branch_0/add", "block/branch_0/relu", "block/branch_1/conv",
                    "block/branch_1/add", "block/branch_1/relu", "block/concat", "head/sigmoid",
                ])
        #expect(comparison.layers.suffix(2).map(\.name) == ["block/concat", "head/sigmoid"])
        #expect(comparison.skippedCount == 0)
        #expect(comparison.firstBeyond(0) == nil)
    }

    @Test("gives the same answer however many values are held at a time")
    func chunks() throws {
        let whole = try compare("REFERENCE", .device("REFERENCE"), .all)
        let pieces = try compare("REFERENCE", .device("REFERENCE"), .all, byteLimit: 1)
        #expect(whole.layers.map(\.name) == pieces.layers.map(\.name))
        #expect(whole.layers.map(\.difference) == pieces.layers.map(\.difference))
    }

    @Test("leaves out what a device keeps inside a fused kernel, and agrees on the rest")
    func fusion() throws {
        let devices = core.devices.map(\.name)
        for device in ["ONEDNN", "OPENBLAS"] where devices.contains(device) {
            let comparison = try compare(device, .device("REFERENCE"))
            let names = comparison.layers.map(\.name)
            #expect(!names.contains("block/branch_0/conv") && !names.contains("block/branch_0/add"))
            #expect(names.contains("block/concat") && names.contains("head/sigmoid"))
            #expect(comparison.skippedCount > 0)
            // 27 products summed in another order, in f32.
            #expect(comparison.firstBeyond(1e-5) == nil)
            #expect(comparison.layers.allSatisfy { $0.difference.cosine > 0.999999 })
        }
    }

    @Test("names the first value that differs from its golden, and takes goldens with channels last")
    func goldens() throws {
        let folder = try TemporaryFolder()
        var sum: [Float] = []
        _ = try LayerComparison(
            model, on: "REFERENCE", against: .device("REFERENCE"), core, inputs: [input], values: .all
        ) { name, tensor in
            if name == "block/branch_0/relu" { sum = try tensor.array(of: Float.self) }
            if name == "head/sigmoid" { try tensor.write(numpyFile: folder.path(GoldenFolder.fileName(name))) }
        }
        // [1,4,6,6] as [1,6,6,4].
        let last = (0..<144).map { sum[($0 % 4) * 36 + $0 / 4] }
        let file = folder.path("block_branch_0_relu.npy")
        try Tensor(last, [1, 6, 6, 4]).write(numpyFile: file)
        let goldens = LayerComparison.Reference.goldens(try GoldenFolder(path: folder.path))
        let same = try compare("REFERENCE", goldens)
        #expect(same.layers.map(\.name) == ["block/branch_0/relu", "head/sigmoid"])
        #expect(same.firstBeyond(0) == nil)

        var wrong = last
        wrong[5] += 1
        try Tensor(wrong, [1, 6, 6, 4]).write(numpyFile: file)
        let other = try compare("REFERENCE", goldens)
        #expect(other.firstBeyond(1e-3)?.name == "block/branch_0/relu")
        #expect(other.worst(1).map(\.name) == ["block/branch_0/relu"])

        try Tensor(wrong, [144]).write(numpyFile: file)
        #expect(throws: VireoError.self) { try compare("REFERENCE", goldens) }
    }

    @Test("refuses folders that have nothing to do with the model")
    func foreignGoldens() throws {
        let folder = try TemporaryFolder()
        #expect(throws: VireoError.self) { try GoldenFolder(path: folder.path) }
        #expect(throws: VireoError.self) { try GoldenFolder(path: folder.path("absent")) }
        try Tensor([Float(1)]).write(numpyFile: folder.path("other.npy"))
        let goldens = try GoldenFolder(path: folder.path)
        let error = #expect(throws: VireoError.self) { try compare("REFERENCE", .goldens(goldens)) }
        #expect(error?.code == .notFound)
    }
}
