import Testing
import VireoTensor
import VireoTensorFlow
import VireoTestSupport

@Suite("Malformed graphs")
struct GraphMalformedTests {
    private func error(_ body: (inout ProtobufWriter) -> Void) -> VireoError? {
        failure { _ = try GraphDef(bytes: graphBytes(body)) }
    }

    private func expectMalformed(_ error: VireoError?, _ part: String, _ location: SourceLocation = #_sourceLocation) {
        #expect(error?.code == .malformedFile, sourceLocation: location)
        #expect(error?.description.contains(part) == true, "\(error?.description ?? "")", sourceLocation: location)
    }

    @Test("a field of the wrong wire type is an error that names the node")
    func wrongWireType() {
        let error = error { $0.node("conv1", "Conv2D") { $0.varint(Field.Node.input, 1) } }
        expectMalformed(error, "a value of the wrong wire type, in node \"conv1\", input (byte 18)")
        #expect(error?.faq == 43)
    }

    @Test("data that end early are an error with the place and both lengths")
    func truncation() {
        var bytes = graphBytes { $0.node("conv1", "Conv2D") }
        bytes.removeLast(3)
        expectMalformed(
            failure { _ = try GraphDef(bytes: bytes) }, "15 bytes should follow, 12 do, in node (byte 2)")
        let nested = error { graph in
            graph.node("conv1", "Conv2D") { $0.header(Field.Node.device, byteCount: 100) }
        }
        expectMalformed(nested, "100 bytes should follow, 0 do, in node \"conv1\", device")
    }

    @Test("a negative length is an error")
    func negativeLength() {
        let error = error { graph in
            graph.tag(Field.Graph.node, 2)
            graph.append(varint: UInt64(bitPattern: -1))
        }
        expectMalformed(error, "a length that is no number below 2 GiB, in node")
    }

    @Test("a number that does not end and a field without a number are errors")
    func badVarints() {
        let endless = error { graph in
            graph.node("n", "Op") { node in
                node.attribute("i") { value in
                    value.tag(Field.Value.int, 0)
                    value.append([UInt8](repeating: 0x80, count: 11))
                }
            }
        }
        expectMalformed(endless, "a number that does not end, in node \"n\", attr \"i\", value, i")
        expectMalformed(error { $0.node("n", "Op") { $0.tag(0, 0) } }, "a field without a number, in node \"n\"")
    }

    @Test("groups are an error", arguments: [3, 4, 6, 7])
    func groups(_ wireType: Int) {
        expectMalformed(error { $0.node("n", "Op") { $0.tag(100, wireType) } }, "an unknown wire type")
    }

    @Test("a packed list that is cut in a number is an error")
    func brokenPackedList() {
        let error = error { graph in
            graph.node("n", "Op") { $0.attribute("f") { $0.message(Field.Value.list) { $0.data(4, [0, 0, 0x80]) } } }
        }
        expectMalformed(error, "the data ends inside a number, in node \"n\", attr \"f\", value, list, f")
    }

    @Test("names that are not UTF-8 are an error")
    func badNames() {
        let error = error { graph in
            graph.message(Field.Graph.node) { node in
                node.data(Field.Node.name, [0x61, 0xC3, 0x28])
                node.string(Field.Node.op, "Op")
            }
        }
        expectMalformed(error, "text that is not UTF-8, in node, name")
    }

    @Test("nesting without end is an error")
    func nesting() {
        func function(_ depth: Int, _ value: inout ProtobufWriter) {
            value.message(Field.Value.function) { call in
                call.string(1, "f")
                if depth > 0 {
                    call.message(2) { entry in
                        entry.string(1, "g")
                        entry.message(2) { function(depth - 1, &$0) }
                    }
                }
            }
        }
        expectMalformed(error { $0.node("n", "Op") { $0.attribute("f") { function(200, &$0) } } }, "nested too deeply")
        #expect(error { $0.node("n", "Op") { $0.attribute("f") { function(10, &$0) } } } == nil)
    }

    @Test("nodes need names and operations, and names do not repeat")
    func names() {
        expectMalformed(error { $0.node("", "Op") }, "node number 0 has no name")
        expectMalformed(error { $0.node("n", "") }, "the node has no operation")
        let repeated = error { graph in
            graph.node("n", "Op")
            graph.node("n", "Relu")
        }
        #expect(repeated?.message == "two nodes have this name")
        #expect(repeated?.context == ["node \"n\" (Relu)"])
    }

    @Test("a graph without nodes is not a TensorFlow graph")
    func noNodes() {
        let error = error { $0.message(Field.Graph.versions) { $0.varint(1, 20) } }
        expectMalformed(error, "the graph has no nodes")
        #expect(error?.faq == 43)
    }

    @Test("an input that names no node is an error", arguments: ["y", "y:1", "^y"])
    func danglingInput(_ input: String) {
        let error = error { $0.node("n", "Op", inputs: [input]) }
        #expect(error?.message == "its input \"y\" is no node of the graph")
        #expect(error?.context == ["node \"n\" (Op)"])
    }

    @Test("an input that cannot be parsed is an error")
    func malformedInput() {
        expectMalformed(error { $0.node("n", "Op", inputs: ["n:x"]) }, "the input \"n:x\" names no output of a node")
    }

    @Test("a negative dimension is an error that names the attribute")
    func negativeDimension() {
        let error = error { graph in
            graph.node("n", "Op") { $0.attribute("shape") { $0.message(Field.Value.shape) { $0.dimensions([-2]) } } }
        }
        #expect(error?.message == "a dimension of -2 in a shape")
        #expect(error?.context == ["node \"n\" (Op)", "attribute \"shape\""])
    }
}
