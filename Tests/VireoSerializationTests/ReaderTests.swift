import Testing
import VireoIR
import VireoSerialization
import VireoTensor
import VireoTestSupport

@Suite("Reading an IR")
struct ReaderTests {
    @Test("accepts layers in any order and keeps parameters and results in the file's")
    func anyOrder() throws {
        var text = IRText()
        text.result(9, "second")
        text.layer(5, "add", "Add", inputs: 2)
        text.parameter(7, "b")
        text.result(1, "first")
        text.layer(3, "relu", "ReLU")
        text.parameter(2, "a")
        text.edge(5, 2, 9, 0)
        text.edge(3, 1, 5, 0)
        text.edge(7, 0, 5, 1)
        text.edge(2, 0, 3, 0)
        text.edge(3, 1, 1, 0)
        let model = try text.model()
        #expect(model.parameters.map { model[$0].name } == ["b", "a"])
        #expect(model.results.map { model[$0].name } == ["second", "first"])
        #expect(try model.topologicalOrder().map { model[$0].name }.prefix(2).sorted() == ["a", "relu"])
        try model.verify()
    }

    @Test("follows port numbers whatever they are")
    func portNumbers() throws {
        var text = IRText()
        text.parameter(0, "a", shape: "4,1")
        text.parameter(1, "b", shape: "1,3")
        text.layers.append(
            """
            <layer id="2" name="split" type="MaxPool" version="opset8"><data strides="1" pads_begin="0" pads_end="0" \
            kernel="1"/><input><port id="40"/></input><output><port id="9"/><port id="8"/></output></layer>
            """)
        text.parameter(3, "c", shape: "1,1,7")
        text.layers.append(
            """
            <layer id="4" name="subtract" type="Subtract" version="opset1"><input><port id="6"/><port id="5"/></input>\
            <output><port id="0"/></output></layer>
            """)
        text.result(5, "difference")
        text.result(6, "indices")
        text.edge(3, 0, 2, 40)
        text.edge(0, 0, 4, 5)
        text.edge(1, 0, 4, 6)
        text.edge(4, 0, 5, 0)
        text.edge(2, 8, 6, 0)
        let model = try text.model()
        let subtract = try #require(model.node(named: "subtract"))
        #expect(subtract.inputs.map { model[$0.node].name } == ["b", "a"])
        let indices = try #require(model.node(named: "indices"))
        #expect(model.type(of: indices.inputs[0]).elementType == .i64)
    }

    @Test("leaves out what no result needs, even when it is not known, and keeps parameters")
    func dropped() throws {
        var text = IRText.relu
        text.parameter(5, "unused")
        text.layer(6, "dead", "Nonsense")
        text.edge(0, 0, 6, 0)
        let model = try text.model()
        #expect(model.nodes.map(\.name) == ["x", "relu", "result", "unused"])
    }

    @Test("names every unknown operation at once")
    func unknownOperations() throws {
        var text = IRText()
        text.parameter(0)
        for id in 1...5 {
            text.layer(id, "layer\(id)", id == 3 ? "Fancy" : "Unheard", opset: id == 3 ? "experimental" : "opset11")
            text.edge(id - 1, id == 1 ? 0 : 1, id, 0)
        }
        text.result(6)
        text.edge(5, 1, 6, 0)
        let error = try #require(failure { _ = try text.model() })
        #expect(error.code == .unsupported)
        #expect(error.message == "2 operations are not known")
        #expect(
            error.context == [
                "Fancy (experimental), 1 layer: \"layer3\"",
                "Unheard (opset11), 4 layers: \"layer1\", \"layer2\", \"layer4\", …",
            ])
    }

    @Test("takes a plugin's own operation as the file describes it, and writes it back")
    func customOperation() throws {
        var model = Model(name: "custom")
        let input = Output(try model.add(Parameter(.f32, PartialShape([2, 3] as Shape)), name: "x"))
        let attributes = [
            Attribute("axes", .integers([1, 2])), Attribute("exact", .boolean(true)), Attribute("lambda", .number(0.5)),
            Attribute("mode", .string("fast")),
        ]
        let operation = CustomOperation("Fancy", attributes) { _ in [ValueType(.i64, [4]), ValueType(.f32, .unranked)] }
        let node = try model.add(operation, [input], name: "fancy")
        try model.add(Result(), [Output(node)], name: "result")
        let folder = try TemporaryFolder()
        try model.writeIR(directory: folder.path, name: "custom")
        let read = try #require(Model(irFile: folder.path("custom.xml")).node(named: "fancy"))
        #expect(read.operation is CustomOperation && read.operation.opset == "extension")
        #expect(read.operation.attributes == attributes)
        #expect(read.outputs[0].type == ValueType(.i64, [4]))
    }

    @Test(
        "knows operations in either case", arguments: ["ReLU", "Relu", "relu", "PReLU", "PRelu", "SoftMax", "Softmax"])
    func spelling(type: String) throws {
        var text = IRText()
        text.parameter(0)
        text.layer(1, "node", type, opset: "OPSET1", inputs: type.lowercased() == "prelu" ? 2 : 1)
        text.edge(0, 0, 1, 0)
        if type.lowercased() == "prelu" { text.edge(0, 0, 1, 1) }
        text.result(2)
        text.edge(1, type.lowercased() == "prelu" ? 2 : 1, 2, 0)
        #expect(try text.model().node(named: "node")?.type.lowercased() == type.lowercased())
    }

    @Test("splits tensor names at commas that are not escaped, and keeps annotations it does not know")
    func namesAndAnnotations() throws {
        var text = IRText.relu
        text.layers[1] = """
            <layer id="1" name="relu" type="ReLU" version="opset1">
            <rt_info><attribute version="0" name="fused_names" value="a,b"/><other><deep x="1"/></other></rt_info>
            <input><port id="0"/></input><output><port id="1" names="a\\,b,c:0"><dim>7</dim>
            <rt_info><attribute name="layout" version="0" layout="[N,C]"/></rt_info></port></output></layer>
            """
        text.rest =
            "<rt_info><MO_version value=\"1\"/><conversion_parameters><layout value=\"&lt;\"/></conversion_parameters></rt_info>"
        let model = try text.model()
        let relu = try #require(model.node(named: "relu"))
        #expect(relu.outputs[0].tensorNames == ["a,b", "c:0"])
        #expect(relu.outputs[0].type.description == "f32[1,2]")
        #expect(
            relu.outputs[0].runtimeInfo == [
                RuntimeInfo(
                    "attribute", attributes: [.init("name", "layout"), .init("layout", "[N,C]"), .init("version", "0")])
            ])
        #expect(relu.runtimeInfo[0]["value"] == "a,b")
        #expect(relu.runtimeInfo[1].child("deep")?["x"] == "1")
        #expect(model.runtimeInfo[1].child("layout")?["value"] == "<")
    }

    @Test("finds the annotations of files from before 2023")
    func oldMetadata() throws {
        var text = IRText.relu
        text.rest = """
            <meta_data><MO_version value="2"/><cli_parameters><data_type value="FP16"/></cli_parameters></meta_data>
            <quantization_parameters><config>{ 'a': 1 }</config></quantization_parameters>
            """
        let info = try text.model().runtimeInfo
        #expect(info.map(\.name) == ["MO_version", "conversion_parameters", "optimization"])
        #expect(info[1].child("data_type")?["value"] == "FP16")
        #expect(info[2].child("config")?["value"] == "{ 'a': 1 }")
    }

    @Test("makes equal names unique, as OpenVINO allows them")
    func equalNames() throws {
        var text = IRText.relu
        text.layers[2] = text.layers[2].replacing("\"result\"", with: "\"relu\"")
        #expect(try text.model().nodes.map(\.name) == ["x", "relu", "relu_1"])
    }

    @Test("names what does not fit together")
    func inconsistencies() throws {
        func message(_ change: (inout IRText) -> Void) -> String {
            var text = IRText.relu
            change(&text)
            return failure { _ = try text.model() }?.message ?? "no error"
        }
        #expect(message { $0.version = "12" } == "IR version 12, and versions 10 and 11 are read")
        #expect(message { $0.version = "7" } == "IR version 7, and versions 10 and 11 are read")
        #expect(message { $0.version = "10" } == "no error")
        #expect(message { $0.layers.removeLast() } == "the model has no Result")
        #expect(message { $0.edges.removeLast() } == "input 0 is not connected")
        #expect(message { $0.edge(0, 0, 1, 0) } == "two edges enter port 0 of \"relu\" (ReLU)")
        #expect(message { $0.edge(0, 0, 1, 7) } == "an edge enters port 7 of \"relu\" (ReLU), which does not exist")
        #expect(message { $0.edge(0, 7, 1, 0) } == "an edge leaves port 7 of \"x\" (Parameter), which does not exist")
        #expect(message { $0.edge(0, 0, 77, 0) } == "an edge from layer 0 to layer 77, of which one does not exist")
        #expect(
            message { $0.layer(1, "other", "ReLU") }
                == "layers \"relu\" (ReLU) and \"other\" (ReLU) both have the id 1")
        #expect(
            message { $0.layers[1] = $0.layers[1].replacing("type=\"ReLU\"", with: "") }
                == "<layer> has no attribute \"type\"")
        #expect(
            message { $0.layers[1] = $0.layers[1].replacing("<output>", with: "<output><port id=\"5\"/>") }
                == "2 output ports of an operation that has 1")
        #expect(
            message { $0.layers[0] = $0.layers[0].replacing("1,2", with: "1,-2") } == "\"-2\" is no dimension")
    }

    @Test("names the layers of a cycle")
    func cycle() throws {
        var text = IRText()
        text.parameter(0)
        text.layer(1, "first", "Add", inputs: 2)
        text.layer(2, "second", "ReLU")
        text.result(3)
        text.edge(0, 0, 1, 0)
        text.edge(2, 1, 1, 1)
        text.edge(1, 2, 2, 0)
        text.edge(2, 1, 3, 0)
        let error = try #require(failure { _ = try text.model() })
        #expect(error.message.hasPrefix("the graph has a cycle through "))
        #expect(error.message.contains("\"first\" (Add)") && error.message.contains("\"second\" (ReLU)"))
    }

    @Test("refuses versions that keep weights in blobs, with the way out")
    func legacy() throws {
        var text = IRText.relu
        text.version = "6"
        let error = try #require(failure { _ = try text.model() })
        #expect(error.code == .unsupported && error.remedy?.contains("convert the original model again") == true)
    }

    @Test("reports a missing file, and missing weights with the way out")
    func missingFiles() throws {
        let folder = try TemporaryFolder()
        #expect(failure { _ = try Model(irFile: folder.path("none.xml")) }?.code == .notFound)
        let constant = IRText.constant(type: "f32", shape: "1", size: "4")
        let path = try folder.file("net.xml", constant.text.utf8)
        let error = try #require(failure { _ = try Model(irFile: path) })
        #expect(error.code == .notFound && error.message.hasSuffix("net.bin is missing"))
        #expect(error.context.last?.contains("constant0") == true && error.remedy != nil)
        let explicit = try #require(failure { _ = try Model(irFile: path, weights: folder.path("other.bin")) })
        #expect(explicit.code == .notFound && explicit.message.contains("other.bin"))
    }

    @Test("needs no weights file for a model without constants")
    func noWeights() throws {
        let folder = try TemporaryFolder()
        #expect(try Model(irFile: folder.file("net.xml", IRText.relu.text.utf8)).nodeCount == 3)
    }
}
