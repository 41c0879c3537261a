import Testing
import VireoIR
import VireoTensor
import VireoTensorFlow

/// A small channels-last network: convolution, bias, clamp, mean over the image.
private func smallGraph(inputShape: PartialShape = .ranked([.dynamic, 8, 8, 3]), padding: String = "SAME") throws
    -> GraphDef
{
    let weights = Tensor((0..<3 * 3 * 3 * 4).map { Float($0 % 7) - 3 }, [3, 3, 3, 4])
    return try GraphDef(nodes: [
        NodeDef("input", op: "Placeholder", attributes: ["dtype": .type(.float), "shape": .shape(inputShape)]),
        constant("weights", weights),
        NodeDef(
            "conv", op: "Conv2D", inputs: [TensorRef("input"), TensorRef("weights")],
            attributes: [
                "strides": .list([.int(1), .int(2), .int(2), .int(1)]), "padding": .string(padding), "T": .type(.float),
            ]),
        constant("bias", Tensor([Float(1), 2, 3, 4])),
        NodeDef("biased", op: "BiasAdd", inputs: [TensorRef("conv"), TensorRef("bias")]),
        NodeDef("relu", op: "Relu6", inputs: [TensorRef("biased")]),
        constant("axes", Tensor([Int32(1), 2])),
        NodeDef("mean", op: "Mean", inputs: [TensorRef("relu"), TensorRef("axes")]),
        NodeDef("prob", op: "Softmax", inputs: [TensorRef("mean")]),
    ])
}

private func constant(_ name: String, _ tensor: Tensor) throws -> NodeDef {
    NodeDef(name, op: "Const", attributes: ["value": .tensor(try TensorProto(tensor)), "dtype": .type(.float)])
}

private func convert(_ graph: GraphDef, _ change: (inout ConversionOptions) throws -> Void = { _ in }) throws -> Model {
    var options = ConversionOptions()
    try change(&options)
    var converter = Converter(options)
    converter.verifies = true
    return try converter.convert(graph, name: "small").model
}

/// The question number of the error that `body` throws.
private func question(_ body: () throws -> Void) -> Int? {
    do {
        try body()
        return nil
    } catch {
        return (error as? VireoError)?.faq ?? -1
    }
}

@Suite("Conversion of a small graph")
struct ConverterTests {
    @Test("becomes channels-first without Transposes")
    func becomesChannelsFirst() throws {
        let model = try convert(smallGraph()) { $0.batch = 1 }
        let types = try model.topologicalOrder().map { model[$0].type }.filter { $0 != "Constant" }
        #expect(types == ["Parameter", "Convolution", "Add", "Clamp", "ReduceMean", "SoftMax", "Result"])
        #expect(model[model.parameters[0]].outputs[0].type == ValueType(.f32, [1, 3, 8, 8]))
        #expect(model.type(of: model[model.results[0]].inputs[0]) == ValueType(.f32, [1, 4]))
    }

    @Test("keeps TensorFlow's names of inputs and outputs")
    func keepsNames() throws {
        let model = try convert(smallGraph()) { $0.batch = 1 }
        #expect(model[model.parameters[0]].outputs[0].tensorNames == ["input:0"])
        let output = model[model.results[0]].inputs[0]
        #expect(model[output.node].outputs[output.index].tensorNames == ["prob:0"])
    }

    @Test("a scale goes into the weights, and a mean into the bias where nothing is padded")
    func mergesPreprocessing() throws {
        func types(padding: String) throws -> [String] {
            let model = try convert(smallGraph(padding: padding)) {
                $0.batch = 1
                $0.meanValues = .positional([[1, 2, 3]])
                $0.scale = 2
            }
            return try model.topologicalOrder().map { model[$0].type }.filter { $0 != "Constant" }
        }
        #expect(
            try types(padding: "VALID") == [
                "Parameter", "Convolution", "Add", "Clamp", "ReduceMean", "SoftMax", "Result",
            ])
        #expect(
            try types(padding: "SAME") == [
                "Parameter", "Add", "Convolution", "Add", "Clamp", "ReduceMean", "SoftMax", "Result",
            ])
    }

    @Test("reversed channels go into the weights, and are recorded")
    func reversesChannels() throws {
        let plain = try convert(smallGraph()) { $0.batch = 1 }
        let reversed = try convert(smallGraph()) {
            $0.batch = 1
            $0.reverseInputChannels = true
        }
        func weights(_ model: Model) throws -> [Float] {
            let convolution = try #require(model.nodes.first { $0.type == "Convolution" })
            return try #require(model.constant(convolution.inputs[1])).array(of: Float.self)
        }
        let (straight, swapped) = (try weights(plain), try weights(reversed))
        for output in 0..<4 {
            for channel in 0..<3 {
                let from = (output * 3 + channel) * 9
                let to = (output * 3 + 2 - channel) * 9
                #expect(straight[from..<from + 9] == swapped[to..<to + 9])
            }
        }
        #expect(!reversed.nodes.contains { $0.type == "Gather" })
        #expect(reversed.inputRecords.map(\.channelOrder) == [.bgr])
        #expect(plain.inputRecords.map(\.channelOrder) == [.rgb])
    }

    @Test("a cut in the middle makes an input of its own")
    func cutsInput() throws {
        let model = try convert(smallGraph(inputShape: .ranked([1, 8, 8, 3]))) {
            $0.inputs = try ConversionOptions.inputs(parsing: "relu")
            $0.outputs = try ConversionOptions.outputs(parsing: "mean")
        }
        #expect(model[model.parameters[0]].name == "relu/placeholder_port_0")
        #expect(model[model.parameters[0]].outputs[0].type.shape == PartialShape([1, 4, 4, 4]))
    }

    @Test("errors carry the numbers that people search for")
    func errorsHaveNumbers() throws {
        let graph = try smallGraph()
        func number(_ change: (inout ConversionOptions) throws -> Void) -> Int? {
            question { _ = try convert(graph, change) }
        }
        #expect(number { _ in } == 40)
        #expect(
            number {
                $0.batch = 1; $0.inputShapes = [.ranked([1, 8, 8, 3])]
            } == 56)
        #expect(
            number {
                $0.batch = 1; $0.outputs = [PortSpecification("nowhere")]
            } == 26)
        #expect(number { $0.inputs = [InputSpecification(PortSpecification("input", .input(0)))] } == 28)
        #expect(number { $0.inputs = [InputSpecification(PortSpecification("relu", .input(7)))] } == 29)
        #expect(number { $0.inputShapes = [.ranked([1, 8, 8, 3]), .ranked([1])] } == 58)
        #expect(
            number {
                $0.batch = 1
                $0.scale = 2
                $0.scaleValues = .positional([[1]])
            } == 19)
        #expect(
            number {
                $0.batch = 1
                $0.meanValues = .positional([[1], [2]])
            } == 61)
        #expect(
            number {
                $0.batch = 1
                $0.scaleValues = .positional([[1], [2]])
            } == 62)
        #expect(
            number {
                $0.batch = 1
                $0.meanValues = try ConversionOptions.channelValues(parsing: "other[1,2,3]", flag: "--mean_values")
            } == 83)
        #expect(question { _ = try ConversionOptions.channelValues(parsing: "a[1],[2]", flag: "--mean_values") } == 101)
        #expect(question { _ = try ConversionOptions.shapes(parsing: "[1,2,") } == 57)
    }

    @Test("-b cannot replace a first dimension above 1")
    func batchNeedsAnOpenDimension() throws {
        let graph = try smallGraph(inputShape: .ranked([5, 8, 8, 3]))
        #expect(question { _ = try convert(graph) { $0.batch = 1 } } == 39)
    }

    @Test("all unsupported operations are named at once")
    func namesAllUnsupportedOperations() throws {
        let graph = try GraphDef(nodes: [
            NodeDef("x", op: "Placeholder", attributes: ["dtype": .type(.float), "shape": .shape(.ranked([1, 4]))]),
            NodeDef("strange", op: "Strange", inputs: [TensorRef("x")]),
            NodeDef("odd", op: "Odd", inputs: [TensorRef("strange")]),
            NodeDef("odder", op: "Odd", inputs: [TensorRef("odd")]),
        ])
        let error = #expect(throws: VireoError.self) { try convert(graph) }
        #expect(error?.faq == 24)
        for text in ["Strange (1)", "Odd (2)", "odder"] { #expect(error?.message.contains(text) == true) }
    }

    @Test("flags are read as the guides write them")
    func readsFlags() throws {
        #expect(
            try ConversionOptions.shapes(parsing: "[1, 224,224,3],(2,4)") == [
                .ranked([1, 224, 224, 3]), .ranked([2, 4]),
            ])
        #expect(try ConversionOptions.shapes(parsing: "[-1,?,3]") == [.ranked([.dynamic, .dynamic, 3])])
        let inputs = try ConversionOptions.inputs(parsing: "0:node_name1[3 4],node_name2:1[2]{i32}->[20 15]")
        #expect(
            inputs.map(\.place) == [
                PortSpecification("node_name1", .input(0)), PortSpecification("node_name2", .output(1)),
            ])
        #expect(inputs.map(\.shape) == [.ranked([3, 4]), .ranked([2])])
        #expect(inputs[1].elementType == .i32)
        #expect(inputs[1].value == [20, 15])
    }

    @Test("--disable_nhwc_to_nchw keeps the inputs channels-last")
    func keepsLayout() throws {
        let model = try convert(smallGraph()) {
            $0.batch = 1
            $0.keepsLayout = true
        }
        #expect(model[model.parameters[0]].outputs[0].type == ValueType(.f32, [1, 8, 8, 3]))
        #expect(model[model.parameters[0]].layout == .nhwc)
        #expect(model.nodes.contains { $0.type == "Transpose" })
    }

    @Test("--disable_fusing leaves the scale outside the weights")
    func leavesLinearOperations() throws {
        let model = try convert(smallGraph(padding: "VALID")) {
            $0.batch = 1
            $0.scale = 2
            $0.fusesLinearOperations = false
        }
        #expect(model.nodes.contains { $0.type == "Multiply" })
    }

    @Test("--stop_after ends the passes early, and an unknown pass is named with those there are")
    func stopsEarly() throws {
        let model = try convert(smallGraph()) {
            $0.batch = 1
            $0.lastPass = "FoldConstants"
        }
        #expect(model.nodes.contains { $0.type == "Transpose" })
        let error = #expect(throws: VireoError.self) {
            try convert(smallGraph()) {
                $0.batch = 1
                $0.lastPass = "Nonsense"
            }
        }
        #expect(error?.remedy?.contains("SinkTransposes") == true)
    }

    @Test("--freeze_placeholder_with_value replaces Placeholders, and two different values are an error")
    func freezesPlaceholders() throws {
        let values = try ConversionOptions.frozenPlaceholders(
            parsing: "is_training->False,keep_prob->[1.0], m->[1 2 3]")
        #expect(values == ["is_training": [0], "keep_prob": [1], "m": [1, 2, 3]])
        #expect(throws: VireoError.self) { try ConversionOptions.frozenPlaceholders(parsing: "a->1,a->2") }
        let graph = try GraphDef(nodes: [
            NodeDef("x", op: "Placeholder", attributes: ["dtype": .type(.float), "shape": .shape(.ranked([1, 4]))]),
            NodeDef("keep", op: "Placeholder", attributes: ["dtype": .type(.float), "shape": .shape(.ranked([]))]),
            NodeDef("scaled", op: "Mul", inputs: [TensorRef("x"), TensorRef("keep")]),
            NodeDef("relu", op: "Relu", inputs: [TensorRef("scaled")]),
        ])
        let model = try convert(graph) { $0.frozenPlaceholders = ["keep": [1]] }
        #expect(model.parameters.count == 1)
        #expect(!model.nodes.contains { $0.type == "Multiply" })
        #expect(question { _ = try convert(graph) { $0.frozenPlaceholders = ["nowhere": [1]] } } == 26)
    }

    @Test("-b leaves scalars alone")
    func batchSkipsScalars() throws {
        let graph = try GraphDef(nodes: [
            NodeDef(
                "x", op: "Placeholder", attributes: ["dtype": .type(.float), "shape": .shape(.ranked([.dynamic, 4]))]),
            NodeDef("factor", op: "Placeholder", attributes: ["dtype": .type(.float), "shape": .shape(.ranked([]))]),
            NodeDef("scaled", op: "Mul", inputs: [TensorRef("x"), TensorRef("factor")]),
        ])
        let model = try convert(graph) { $0.batch = 3 }
        #expect(model.parameters.map { model[$0].outputs[0].type.shape } == [PartialShape([3, 4]), PartialShape([])])
    }
}
