import Testing
import VireoTensor
import VireoTensorFlow

@Suite("Calls of functions")
struct FunctionTests {
    private func function(
        _ name: String, _ arguments: [String], _ results: [String: String], _ nodes: String
    ) -> String {
        let inputs = arguments.map { "input_arg { name: \"\($0)\" type: DT_FLOAT }" }.joined()
        let sorted = results.sorted { $0.key < $1.key }
        let outputs = sorted.map { "output_arg { name: \"\($0.key)\" type: DT_FLOAT }" }.joined()
        let returns = sorted.map { "ret { key: \"\($0.key)\" value: \"\($0.value)\" }" }.joined()
        return "function { signature { name: \"\(name)\" \(inputs) \(outputs) } \(nodes) \(returns) }"
    }

    private func call(_ name: String, _ function: String, _ inputs: [String], field: String = "node") -> String {
        let inputs = inputs.map { "input: \"\($0)\"" }.joined(separator: " ")
        return """
            \(field) { name: "\(name)" op: "StatefulPartitionedCall" \(inputs)
              attr { key: "f" value { func { name: "\(function)" attr { key: "T" value { type: DT_HALF } } } } } }
            """
    }

    private let placeholder = "node { name: \"x\" op: \"Placeholder\" } "

    @Test("the nodes of a function, and of those it calls, take the place of a call")
    func nesting() throws {
        let inner = function(
            "inner", ["a"], ["r": "relu:activations:0"],
            "node_def { name: \"relu\" op: \"Relu\" input: \"a\" attr { key: \"T\" value { placeholder: \"T\" } } }")
        let outer = function(
            "outer", ["b", "c"], ["p": "again:output:0", "q": "b"],
            call("once", "inner", ["c"], field: "node_def")
                + call("again", "inner", ["once:output:0", "^once"], field: "node_def"))
        let graph = try GraphDef(
            text: placeholder + "node { name: \"y\" op: \"Placeholder\" }" + call("f", "outer", ["x", "y"])
                + "node { name: \"z\" op: \"Sub\" input: \"f\" input: \"f:1\" } library { \(inner) \(outer) }"
        ).inliningFunctions()
        let nodes = graph.nodes.map { "\($0.name) \($0.op) \($0.inputs.map(\.description).joined(separator: " "))" }
        #expect(
            nodes == [
                "x Placeholder ", "y Placeholder ", "f/once/relu Relu y", "f/once Identity f/once/relu",
                "f/again/relu Relu f/once", "f/again Identity f/again/relu", "f IdentityN f/again x", "z Sub f f:1",
            ])
        #expect(try graph["f/once/relu"]?.type("T") == .half)
        #expect(try graph["f"]?.types("T") == [.float, .float])
    }

    @Test("an operation with several outputs has its ports by their names")
    func outputs() throws {
        let norm = "node_def { name: \"n\" op: \"FusedBatchNormV3\" input: \"a\" }"
        let split = "node_def { name: \"s\" op: \"Split\" input: \"n:batch_variance:0\" }"
        let body = function("g", ["a"], ["r": "s:output:3"], norm + split)
        let graph = try GraphDef(text: placeholder + call("f", "g", ["x"]) + "library { \(body) }").inliningFunctions()
        #expect(graph["f/s"]?.inputs == [TensorRef("f/n", port: 2)])
        #expect(graph["f"]?.inputs == [TensorRef("f/s", port: 3)])
    }

    @Test("outputs of an operation that is not known must be one")
    func unknownOutputs() throws {
        let odd =
            "node_def { name: \"n\" op: \"Odd\" } node_def { name: \"m\" op: \"Add\" input: \"n:u:0\" input: \"n:v:0\" }"
        let body = function("g", [], ["r": "m:z:0"], odd)
        let graph = try GraphDef(text: call("f", "g", []) + "library { \(body) }")
        #expect(failure { _ = try graph.inliningFunctions() }?.code == .unsupported)
    }

    @Test("a function that calls itself is an error, and so is one whose calls grow without bounds")
    func recursion() throws {
        let endless = function("g", [], [:], call("again", "g", [], field: "node_def"))
        let graph = try GraphDef(text: call("f", "g", []) + "library { \(endless) }")
        let error = failure { _ = try graph.inliningFunctions() }
        #expect(error?.code == .unsupported && error?.context == ["node \"f\" (StatefulPartitionedCall)"])
        let doubling = (0..<60).map { level in
            function(
                "g\(level)", [], [:],
                call("a", "g\(level + 1)", [], field: "node_def") + call("b", "g\(level + 1)", [], field: "node_def"))
        }
        let last = function("g60", [], [:], "")
        let large = try GraphDef(text: call("f", "g0", []) + "library { \(doubling.joined()) \(last) }")
        #expect(failure { _ = try large.inliningFunctions() }?.code == .unsupported)
    }

    @Test("calls that do not fit their function are errors")
    func mistakes() throws {
        let body = function("g", ["a"], ["r": "a"], "")
        for (graph, part) in [
            (call("f", "g", []), "has 1 arguments and is called with 0"),
            (call("f", "h", []), "not in the graph's library"),
        ] {
            let error = failure { _ = try GraphDef(text: graph + "library { \(body) }").inliningFunctions() }
            #expect(error?.code == .malformedFile && error?.message.contains(part) == true)
        }
        for result in ["b", "n:output:0", "n:y:x", "n:y:-1", "n"] {
            let bad = function("g", ["a"], ["r": result], "node_def { name: \"n\" op: \"FusedBatchNorm\" }")
            let graph = try GraphDef(text: placeholder + call("f", "g", ["x"]) + "library { \(bad) }")
            #expect(failure { _ = try graph.inliningFunctions() }?.code == .malformedFile, "\(result)")
        }
    }
}
