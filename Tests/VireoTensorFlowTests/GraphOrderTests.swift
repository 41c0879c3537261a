import Testing
import VireoTensor
import VireoTensorFlow

@Suite("Order and reachability")
struct GraphOrderTests {
    private func graph(_ edges: KeyValuePairs<String, [String]>, ops: [String: String] = [:]) throws -> GraphDef {
        try GraphDef(
            nodes: edges.map { name, inputs in
                NodeDef(
                    name, op: ops[name] ?? "Op",
                    inputs: inputs.filter { !$0.hasPrefix("^") }.map { TensorRef($0) },
                    controlInputs: inputs.filter { $0.hasPrefix("^") }.map { String($0.dropFirst()) })
            })
    }

    @Test("producers come before consumers, otherwise the file's order stays")
    func sorting() throws {
        let shuffled = try graph(["d": ["b", "c"], "x": [], "c": ["a"], "b": ["a", "^x"], "a": []])
        #expect(try shuffled.topologicallySorted().map(\.name) == ["x", "a", "c", "b", "d"])
        let sorted = try graph(["a": [], "b": [], "c": ["a"], "d": ["b", "b"]])
        #expect(try sorted.topologicallySorted().map(\.name) == ["a", "b", "c", "d"])
    }

    @Test("a while loop's back edge is no cycle")
    func whileLoop() throws {
        let loop = try graph(
            ["enter": [], "merge": ["enter", "next"], "body": ["merge"], "next": ["body"], "exit": ["merge"]],
            ops: ["merge": "Merge", "next": "NextIteration"])
        #expect(try loop.topologicallySorted().map(\.name) == ["enter", "merge", "body", "next", "exit"])
    }

    @Test("a cycle is an error that names its nodes and no others")
    func cycles() throws {
        let cyclic = try graph(["after": ["c"], "a": ["c"], "b": ["a"], "c": ["b"], "free": []])
        let error = failure { _ = try cyclic.topologicallySorted() }
        #expect(error?.code == .malformedFile)
        for name in ["a", "b", "c"] { #expect(error?.message.contains("\"\(name)\"") == true) }
        for name in ["after", "free"] { #expect(error?.message.contains(name) == false) }
        let own = try graph(["a": ["a"]])
        #expect(failure { _ = try own.topologicallySorted() }?.message == "the nodes \"a\" feed each other in a cycle")
    }

    @Test("a long chain needs no deep stack")
    func longChain() throws {
        let count = 100_000
        let nodes = (0..<count).map { NodeDef("\($0)", op: "Op", inputs: $0 == 0 ? [] : [TensorRef("\($0 - 1)")]) }
        let graph = try GraphDef(nodes: nodes.reversed())
        #expect(try graph.topologicallySorted().map(\.name) == nodes.map(\.name))
        #expect(try graph.pruned(to: ["\(count - 1)"]).nodes.count == count)
    }

    @Test("pruning keeps what the outputs need, control inputs included, in the file's order")
    func pruning() throws {
        let whole = try graph(["unused": ["a"], "out": ["b"], "a": [], "b": ["a", "^init"], "init": []])
        #expect(try whole.pruned(to: ["out"]).nodes.map(\.name) == ["out", "a", "b", "init"])
        #expect(try whole.pruned(to: ["a", "unused"]).nodes.map(\.name) == ["unused", "a"])
        #expect(failure { _ = try whole.pruned(to: ["nobody"]) }?.faq == 26)
    }

    @Test("consumers are listed one entry an edge")
    func consumers() throws {
        #expect(try graph(["a": [], "b": ["a", "a"], "c": ["b", "^a"]]).consumers() == [[1, 1, 2], [2], []])
    }
}
