import Testing
import VireoTensor
import VireoTensorFlow
import VireoTestSupport

@Suite("Graphs in text form")
struct TextGraphTests {
    static let sample = #"""
        # A comment.
        node {
          name: "x" op: "Placeholder"
          attr { key: "dtype" value { type: DT_FLOAT } }
          attr { key: "shape" value { shape { dim { size: -1 } dim { size: 2 } } } }
          experimental_debug_info { original_node_names: "y" }
        }
        node {
          name: "c" op: "Const"
          attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { dim { size: 2 } }
            tensor_content: "\000\000\200?\000\000\000@" } } }
        }
        node { name: "y" op: "Add" input: "x" input: "c" some_new_field: 3 }
        versions { producer: 27 }
        """#

    @Test("nodes, attributes and contents of tensors are read, and unknown fields left out")
    func sample() throws {
        let graph = try GraphDef(text: TextGraphTests.sample)
        #expect(graph.nodes.map(\.name) == ["x", "c", "y"])
        #expect(graph.producer == 27)
        #expect(try graph.nodes[0].shape("shape") == .ranked([.dynamic, 2]))
        #expect(try graph.nodes[1].tensor("value").tensor() == Tensor([Float(1), 2]))
        #expect(graph.nodes[2].inputs == [TensorRef("x"), TensorRef("c")])
    }

    @Test("a file ending in .pbtxt is text by its name, and any other by the flag")
    func files() throws {
        let folder = try TemporaryFolder()
        let named = try folder.file("graph.pbtxt", TextGraphTests.sample.utf8)
        let other = try folder.file("graph.pb", TextGraphTests.sample.utf8)
        #expect(try ModelSource.graph(path: named).load().graph.nodes.count == 3)
        #expect(try ModelSource.graph(path: other, isText: true).load().graph.nodes.count == 3)
        let error = failure { _ = try ModelSource.graph(path: other).load() }
        #expect(error?.remedy == "add --input_model_is_text" && error?.faq == 43)
    }

    @Test("a binary graph that is said to be text is an error that says so")
    func binary() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("graph.pb", graphBytes { $0.node("n", "Op") })
        let error = failure { _ = try GraphDef(contentsOf: path, isText: true) }
        #expect(error?.code == .malformedFile && error?.faq == 43)
        #expect(error?.remedy == "a binary file is read without --input_model_is_text")
    }

    @Test("a mistake is an error with its line and column")
    func mistake() {
        let error = failure { _ = try GraphDef(text: "node {\n  name: \"x\"\n  op: Add\n}") }
        #expect(error?.message.contains("line 3, column 7") == true, "\(error?.message ?? "")")
    }

    @Test("nesting without end is an error, in fields that are known and in others")
    func nesting() {
        for (open, close) in [("unknown {", "}"), ("unknown <", ">"), ("unknown [", "]")] {
            let text = String(repeating: open, count: 100_000) + String(repeating: close, count: 100_000)
            #expect(throws: VireoError.self) { try GraphDef(text: text) }
        }
        let function = "attr { key: \"f\" value { func { "
        let known = "node { name: \"n\" op: \"Op\" " + String(repeating: function, count: 10_000)
        #expect(throws: VireoError.self) { try GraphDef(text: known) }
    }

    @Test("a graph with random characters is an error or another graph")
    func noise() {
        var random = SeededGenerator(state: 3)
        let sample = Array(TextGraphTests.sample.utf8)
        for _ in 0..<5_000 {
            var text = sample
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                text[Int.random(in: text.indices, using: &random)] = UInt8.random(in: 1...126, using: &random)
            }
            if let error = failure({ _ = try GraphDef(text: String(decoding: text, as: UTF8.self)) }) {
                #expect([.malformedFile, .unsupported].contains(error.code), "\(error)")
            }
        }
    }
}
