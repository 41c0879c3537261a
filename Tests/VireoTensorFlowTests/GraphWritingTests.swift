import Foundation
import Testing
import VireoTensor
import VireoTensorFlow
import VireoTestSupport

@Suite("Frozen graphs that are written")
struct GraphWritingTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func written(_ graph: GraphDef) throws -> GraphDef {
        try graph.write(to: folder.path("graph.pb"))
        return try GraphDef(contentsOf: folder.path("graph.pb"))
    }

    @Test("every kind of attribute and tensor is read back as it was")
    func attributes() throws {
        let list: AttrValue = .list([.int(-3), .int(1 << 40)])
        let attributes: [String: AttrValue] = [
            "int": .int(-7), "float": .float(-0.5), "bool": .bool(true), "string": .string("SAME"),
            "type": .type(.half), "shape": .shape(.ranked([.dynamic, 0, 3])), "unranked": .shape(.unranked),
            "list": list, "shapes": .list([.shape(.ranked([2]))]), "empty": .empty,
            "value": .tensor(try TensorProto(Tensor([Float(1), 2, 3], [3, 1]))),
            "flags": .tensor(try TensorProto(Tensor([true, false]))),
        ]
        let graph = try written(
            GraphDef(
                nodes: [
                    NodeDef("a", op: "Op", device: "/cpu:0", attributes: attributes),
                    NodeDef("b", op: "Op", inputs: [TensorRef("a"), TensorRef("a", port: 2)], controlInputs: ["a"]),
                ], producer: 22))
        let node = graph.nodes[0]
        #expect(graph.producer == 22 && graph.nodes.map(\.name) == ["a", "b"] && node.device == "/cpu:0")
        #expect(try node.int("int") == -7 && node.float("float") == -0.5 && node.bool("bool"))
        #expect(try node.string("string") == "SAME" && node.type("type") == .half)
        #expect(try node.shape("shape") == .ranked([.dynamic, 0, 3]) && node.shape("unranked") == .unranked)
        #expect(try node.ints("list") == [-3, 1 << 40] && node.shapes("shapes") == [.ranked([2])])
        #expect(try node.tensor("value").tensor() == Tensor([Float(1), 2, 3], [3, 1]))
        #expect(try node.tensor("flags").tensor() == Tensor([true, false]))
        #expect(graph.nodes[1].inputs == [TensorRef("a"), TensorRef("a", port: 2)])
        #expect(graph.nodes[1].controlInputs == ["a"])
    }

    @Test("tensors of strings and one-value tensors are read back as they were")
    func tensors() throws {
        let graph = try GraphDef(
            text: """
                node { name: "names" op: "Const" attr { key: "value" value { tensor { dtype: DT_STRING
                  tensor_shape { dim { size: 2 } } string_val: "a" string_val: "bc" } } } }
                node { name: "ones" op: "Const" attr { key: "value" value { tensor { dtype: DT_FLOAT
                  tensor_shape { dim { size: 4 } } float_val: 1 } } } }
                """)
        let back = try written(graph)
        #expect(try back.nodes[0].tensor("value").strings() == [[97], [98, 99]])
        #expect(try back.nodes[1].tensor("value").tensor() == Tensor([Float](repeating: 1, count: 4)))
    }

    @Test("a node that calls a function is an error, and no file appears")
    func functions() throws {
        let graph = try GraphDef(nodes: [
            NodeDef("loop", op: "While", attributes: ["body": .function(name: "g", attributes: [:])])
        ])
        let error = failure { try graph.write(to: folder.path("graph.pb")) }
        #expect(error?.code == .unsupported && error?.context == ["node \"loop\" (While)"])
        #expect(try folder.names().isEmpty)
    }

    @Test("freezing keeps what the outputs need, without devices and colocations")
    func frozen() throws {
        let graph = try GraphDef(nodes: [
            NodeDef(
                "x", op: "Placeholder", device: "/gpu:0", attributes: ["_class": .list([]), "dtype": .type(.float)]),
            NodeDef("y", op: "Relu", inputs: [TensorRef("x")]), NodeDef("z", op: "Tanh", inputs: [TensorRef("x")]),
        ])
        let frozen = try LoadedGraph(graph: graph).frozen(outputs: ["y"])
        #expect(frozen.nodes.map(\.name) == ["x", "y"])
        #expect(frozen.nodes[0].device.isEmpty && frozen.nodes[0].attributes.keys.sorted() == ["dtype"])
        #expect(failure { _ = try LoadedGraph(graph: graph).frozen(outputs: ["q"]) }?.faq == 26)
    }
}
