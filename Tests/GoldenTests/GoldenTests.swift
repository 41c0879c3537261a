import Testing
import Vireo
import VireoTestSupport

@Suite("Outputs equal TensorFlow's", .serialized)
struct GoldenTests {
    @Test(
        "within the tolerance on every device",
        .enabled(if: ModelsFolder.isPresent, "needs the models folder (VIREO_MODELS)"),
        arguments: GoldenCase.all)
    func outputsEqualTensorFlow(_ golden: GoldenCase) throws {
        let core = try #require(GoldenCase.core)
        let compiled = try core.compile(
            GoldenModels.model(golden.network), device: golden.completedDevice,
            properties: golden.mode.map { ["EXECUTION_MODE_HINT": $0] } ?? [:])
        let output = try compiled.makeRequest().run([golden.input()])[0].doubles()
        let expected = try golden.expected()
        #expect(output.count == expected.count)
        let worst = zip(output, expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst <= golden.tolerance, "largest difference \(worst)")
        let best = expected.sorted(by: >)
        if best[0] - best[1] > golden.leastMargin {
            #expect(output.firstIndex(of: output.max()!) == expected.firstIndex(of: best[0]))
        }
    }

    @Test(
        "no Transpose and no batch normalization is left inside the networks",
        .enabled(if: ModelsFolder.isPresent, "needs the models folder (VIREO_MODELS)"),
        arguments: [
            "mobilenet_v1_1.0_224", "mobilenet_v2_1.0_224", "inception_v1", "inception_v2", "inception_v3",
            "inception_resnet_v2", "resnet_v1_50", "resnet_v2_50", "nasnet_mobile", "pnasnet_mobile",
        ])
    func networksAreCanonical(_ name: String) throws {
        var options = ConversionOptions()
        options.batch = 1
        for graph in ["inference_graph", "inference_graph_tf1"] {
            let file = try FrozenGraphs.file(name, graph: graph)
            let model = try Converter(options).convert(GraphDef(contentsOf: file), name: name).model
            let types = Set(model.nodes.map(\.type))
            let expected: Set = [
                "Parameter", "Constant", "Result", "Convolution", "GroupConvolution", "Add", "Multiply", "ReLU",
                "Clamp", "MaxPool", "AvgPool", "ReduceMean", "Concat", "Reshape", "Squeeze", "SoftMax", "MatMul", "Pad",
                "StridedSlice",
            ]
            #expect(types.isSubset(of: expected), "unexpected: \(types.subtracting(expected))")
            // Only behind the sums of ResNet v2 no convolution is near that would take a factor.
            #expect(types.contains("Multiply") == name.hasPrefix("resnet_v2"))
            #expect(types.contains("StridedSlice") == name.contains("nasnet"))
        }
    }

    @Test(
        "a training graph's predictions are found without naming them",
        .enabled(if: ModelsFolder.isPresent, "needs the models folder (VIREO_MODELS)"))
    func trainingGraphHasOutputs() throws {
        var options = ConversionOptions()
        options.batch = 1
        let file = try FrozenGraphs.file("inception_v3_train", graph: "train_graph", prunes: false)
        let conversion = try Converter(options).convert(GraphDef(contentsOf: file), name: "train")
        let results = conversion.model.results.map { conversion.model[$0].name }
        #expect(results.contains("InceptionV3/Predictions/Reshape_1/sink_port_0"), "\(results)")
        #expect(conversion.model.parameters.map { conversion.model[$0].name } == ["fifo_queue_Dequeue"])
        #expect(conversion.warnings.contains { $0.contains("moving mean") })
    }

    @Test("every CPU backend of this build is there", arguments: ["REFERENCE", "OPENBLAS", "ONEDNN"])
    func backendIsPresent(_ name: String) throws {
        let core = try #require(GoldenCase.core)
        #expect(core.devices.contains { $0.name == name }, "\(core.plugins)")
    }
}
