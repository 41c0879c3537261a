import Foundation
import Testing
import VireoTensor
import VireoTensorFlow
import VireoTestSupport

@Suite("Damaged graph files")
struct GraphDamageTests {
    /// Reads `bytes` and every small tensor in them: damage is an error of the file, and everything else is read.
    private func read(_ bytes: [UInt8]) {
        do throws(VireoError) {
            for node in try GraphDef(bytes: bytes).nodes {
                for case .tensor(let proto) in node.attributes.values {
                    let isSmall = proto.shape.shape.map { $0.elementCount < 1 << 20 } ?? true
                    if isSmall {
                        _ = proto.dataType == .string ? try proto.strings().count : try proto.tensor().byteCount
                    }
                }
            }
        } catch {
            #expect([.malformedFile, .unsupported].contains(error.code), "\(error)")
        }
    }

    /// A graph with every kind of attribute and tensor, small enough to be read thousands of times.
    private static let sample = graphBytes { graph in
        graph.node("x", "Placeholder") { node in
            node.attribute("shape") { $0.message(Field.Value.shape) { $0.dimensions([-1, 8, 8, 3]) } }
            node.attribute("dtype") { $0.varint(Field.Value.type, 1) }
        }
        for (type, field) in [(3, 7), (10, 11), (9, 10), (19, 13), (22, 16), (23, 17)] {
            graph.node("list\(type)", "Const") { node in
                node.attribute("value") { value in
                    value.message(Field.Value.tensor) { tensor in
                        tensor.varint(Field.Tensor.type, Int64(type))
                        tensor.message(Field.Tensor.shape) { $0.dimensions([2, 2]) }
                        tensor.data(field, [1, 2, 3])
                    }
                }
            }
        }
        graph.node("weights", "Const") { node in
            node.attribute("value") { value in
                value.message(Field.Value.tensor) { tensor in
                    tensor.varint(Field.Tensor.type, 1)
                    tensor.message(Field.Tensor.shape) { $0.dimensions([3, 3]) }
                    tensor.data(Field.Tensor.content, [UInt8](repeating: 0x3F, count: 36))
                }
            }
        }
        graph.node("names", "Const") { node in
            node.attribute("value") { value in
                value.message(Field.Value.tensor) { tensor in
                    tensor.varint(Field.Tensor.type, 7)
                    tensor.string(Field.Tensor.strings, "cat")
                }
            }
        }
        graph.node("conv", "Conv2D", inputs: ["x:0", "weights", "^names"]) { node in
            node.attribute("strides") { $0.message(Field.Value.list) { $0.data(3, [1, 2, 2, 1]) } }
            node.attribute("padding") { $0.string(Field.Value.string, "SAME") }
            node.attribute("f") { value in
                value.message(Field.Value.function) { function in
                    function.string(1, "g")
                    function.message(2) { entry in
                        entry.string(1, "k")
                        entry.message(2) { $0.fixed32(Field.Value.float, 0) }
                    }
                }
            }
        }
        graph.message(Field.Graph.library) { library in
            library.message(1) { $0.message(3) { $0.string(Field.Node.name, "inside") } }
        }
    }

    @Test("the sample itself can be read")
    func sample() throws {
        let graph = try GraphDef(bytes: GraphDamageTests.sample)
        #expect(graph.nodes.count == 10)
        for node in graph.nodes where node.op == "Const" && node.name != "names" {
            #expect(throws: Never.self) { try node.tensor("value").tensor() }
        }
    }

    @Test("a graph cut at any byte is an error or a shorter graph")
    func cuts() {
        for length in 0..<GraphDamageTests.sample.count { read(Array(GraphDamageTests.sample.prefix(length))) }
    }

    @Test("a graph with flipped bits is an error or another graph")
    func flips() {
        for position in GraphDamageTests.sample.indices {
            for bit in 0..<8 {
                var bytes = GraphDamageTests.sample
                bytes[position] ^= 1 << bit
                read(bytes)
            }
        }
    }

    @Test("a graph with several random bytes is an error or another graph")
    func noise() {
        var random = SeededGenerator(state: 2024)
        for _ in 0..<mutationCount(10_000) {
            var bytes = GraphDamageTests.sample
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            read(bytes)
        }
        for _ in 0..<2_000 {
            let count = Int.random(in: 1...64, using: &random)
            read((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
    }

    @Test("a real frozen graph cut at hundreds of lengths is an error", .enabled(if: ModelsFolder.isPresent))
    func cutsOfRealGraph() throws {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: FrozenGraphs.file("mobilenet_v1_0.25_128"))))
        var random = SeededGenerator(state: 7)
        for length in (0..<100).map({ $0 * 7 })
            + (0..<300).map({ _ in Int.random(in: 0..<bytes.count, using: &random) })
        {
            #expect(throws: VireoError.self) { try GraphDef(bytes: Array(bytes.prefix(length))) }
        }
    }

    @Test("a real frozen graph with flipped bytes is an error or another graph", .enabled(if: ModelsFolder.isPresent))
    func flipsInRealGraph() throws {
        let path = try ModelsFolder.file("slim/mobilenet_v1_0.25_128/inference_graph.pb")
        let whole = [UInt8](try Data(contentsOf: URL(filePath: path)))
        var random = SeededGenerator(state: 11)
        for _ in 0..<mutationCount(1_000) {
            var bytes = whole
            bytes[Int.random(in: bytes.indices, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            read(bytes)
        }
    }
}

/// How many mutations a test makes: `few` of them, or as many as the environment variable VIREO_MUTATIONS says.
func mutationCount(_ few: Int) -> Int {
    ProcessInfo.processInfo.environment["VIREO_MUTATIONS"].flatMap { Int($0) } ?? few
}

/// Random numbers that are the same in every run: the linear congruential generator of Knuth's MMIX, high half first.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let high = state
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return high & 0xFFFF_FFFF_0000_0000 | state >> 32
    }
}
