import Testing
import VireoIR
import VireoSerialization
import VireoTensor
import VireoTensorFlow
import VireoTestSupport

@Suite("One model in every form", .enabled(if: ModelsFolder.isPresent, "needs the models folder (VIREO_MODELS)"))
struct FormsTests {
    private static func forms() throws -> [ModelSource] {
        let folder = try ModelsFolder.file("slim/mobilenet_v1_0.25_128")
        let forms = folder + "/forms"
        return [
            .graph(path: forms + "/frozen.pbtxt"),
            .graph(path: folder + "/inference_graph.pb", checkpoint: forms + "/model.ckpt"),
            .graph(path: forms + "/inference_graph.pbtxt", isText: true, checkpoint: forms + "/v1"),
            .graph(path: folder + "/inference_graph.pb", checkpoint: forms + "/v1/model.ckpt"),
            .metaGraph(path: forms + "/model.ckpt.meta"), .metaGraph(path: forms + "/v1/model.ckpt.meta"),
            .savedModel(folder: forms + "/saved_model"),
        ]
    }

    private func irBytes(_ loaded: LoadedGraph) throws -> [[UInt8]] {
        var options = ConversionOptions()
        options.batch = 1
        let model = try Converter(loaded.completing(options)).convert(loaded.graph, name: "model").model
        let folder = try TemporaryFolder()
        _ = try model.writeIR(directory: folder.path, name: "model")
        return [try folder.bytes(of: "model.xml"), try folder.bytes(of: "model.bin")]
    }

    @Test("gives the same IR byte for byte, and so does each form frozen by us")
    func sameIR() throws {
        let frozen = try GraphDef(contentsOf: FrozenGraphs.file("mobilenet_v1_0.25_128"))
        let expected = try irBytes(LoadedGraph(graph: frozen))
        let folder = try TemporaryFolder()
        for form in try FormsTests.forms() {
            let loaded = try form.load()
            #expect(try irBytes(loaded) == expected, "\(form)")
            try loaded.frozen(outputs: loaded.outputNames).write(to: folder.path("frozen.pb"))
            let again = try ModelSource.graph(path: folder.path("frozen.pb")).load()
            #expect(try irBytes(again) == expected, "\(form), frozen")
        }
    }

    @Test("has the same summary")
    func summaries() throws {
        for form in try FormsTests.forms() {
            let summary = try GraphSummary(form.load())
            #expect(summary.inputs.map { "\($0.name) \($0.type) \($0.shapeText)" } == ["input float32 (-1,128,128,3)"])
            #expect(summary.reachedOutputs == ["MobilenetV1/Predictions/Reshape_1"])
            #expect(summary.parameterCount == 475_801, "\(form)")
        }
    }

    @Test("authentic files of TensorFlow 1 are read in every form")
    func authentic() throws {
        let cifar = try ModelsFolder.file("trained/cifar")
        let trained = try ModelSource.metaGraph(path: cifar + "/cifar_model/model.ckpt.index").load()
        #expect(try #require(trained.graph["Wconv1"]).op == "Const")
        let exported = try ModelSource.savedModel(folder: cifar + "/saved_model").load()
        #expect(exported.signature?.inputs.map(\.tensor) == [TensorRef("Input")])
        #expect(exported.outputNames == ["add_1"])
        let mnist = try ModelSource.savedModel(folder: ModelsFolder.file("trained/mnist_conv/saved_model")).load()
        #expect(mnist.outputNames == ["Prediction"])
        let mobilenet = try ModelsFolder.file("trained/mobilenet_v1_1.0_224")
        let checkpoint = mobilenet + "/ckpt_ref"
        _ = try ModelSource.graph(path: mobilenet + "/inference_graph_2018.pbtxt", checkpoint: checkpoint).load()
        for loaded in [exported, mnist, try ModelSource.metaGraph(path: checkpoint + "/model.ckpt.meta").load()] {
            for node in try loaded.frozen(outputs: loaded.outputNames).nodes where node.op == "Const" {
                let value = try node.tensor("value")
                if value.dataType != .string { _ = try value.tensor() }
            }
        }
    }
}
