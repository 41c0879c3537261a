import Testing
import VireoTensor
import VireoTensorFlow
import VireoTestSupport

/// A SavedModel of one Placeholder, one variable and their product, and a graph for training.
struct SavedModelFixture {
    static let text = """
        saved_model_schema_version: 1
        meta_graphs { meta_info_def { tags: "train" stripped_op_list { op { name: "Mul" } } } graph_def { } }
        meta_graphs {
          meta_info_def { tags: "serve" tags: "gpu" }
          graph_def {
            node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
              attr { key: "shape" value { shape { dim { size: -1 } } } } }
            node { name: "w" op: "VarHandleOp" attr { key: "dtype" value { type: DT_FLOAT } }
              attr { key: "shape" value { shape { } } } }
            node { name: "call" op: "StatefulPartitionedCall" input: "x" input: "w"
              attr { key: "f" value { func { name: "g" } } } attr { key: "Tout" value { list { type: DT_FLOAT } } } }
            node { name: "double" op: "Add" input: "call" input: "call" }
            library { function {
              signature { name: "g" input_arg { name: "a" type: DT_FLOAT } input_arg { name: "h" type: DT_RESOURCE }
                output_arg { name: "r" type: DT_FLOAT } }
              node_def { name: "read" op: "ReadVariableOp" input: "h" attr { key: "dtype" value { type: DT_FLOAT } } }
              node_def { name: "mul" op: "Mul" input: "a" input: "read:value:0"
                attr { key: "T" value { type: DT_FLOAT } } }
              ret { key: "r" value: "mul:z:0" } } }
          }
          collection_def { key: "variables" value { bytes_list { value: "w" } } }
          signature_def { key: "serving_default" value {
            inputs { key: "in" value { name: "x:0" dtype: DT_FLOAT tensor_shape { dim { size: -1 } } } }
            outputs { key: "double" value { name: "double:0" dtype: DT_FLOAT } }
            outputs { key: "single" value { name: "call:0" dtype: DT_FLOAT } }
            method_name: "tensorflow/serving/predict" } }
          signature_def { key: "__saved_model_init_op" value { outputs { key: "init" value { name: "NoOp" } } } }
        }
        """

    /// Writes the folder and returns its path.
    static func write(to folder: TemporaryFolder, _ model: some Sequence<UInt8> = text.utf8) throws -> String {
        _ = try folder.file("saved_model.pbtxt", model)
        if try !folder.names().contains("variables") { try folder.folder("variables") }
        _ = try BundleFixture(variables: [("w", [], [3])]).write(to: folder, "variables/variables")
        return folder.path
    }
}

@Suite("SavedModels and MetaGraphs")
struct SavedModelTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("a SavedModel gives the graph of its tags, with calls inlined and variables as constants")
    func load() throws {
        let path = try SavedModelFixture.write(to: folder)
        let loaded = try ModelSource.savedModel(folder: path + "/", tags: ["gpu", "serve"]).load()
        #expect(try loaded.graph["w"]?.tensor("value").tensor() == Tensor(scalar: Float(3)))
        #expect(loaded.graph["call/mul"]?.inputs == [TensorRef("x"), TensorRef("call/read")])
        #expect(loaded.graph["call/read"]?.op == "Identity")
        let signature = try #require(loaded.signature)
        #expect(signature.inputs.map(\.name) == ["in"] && signature.inputs[0].shape == .ranked([.dynamic]))
        #expect(signature.outputs.map(\.tensor) == [TensorRef("double"), TensorRef("call")])
    }

    @Test("an output that another output is computed from is none by default")
    func outputs() throws {
        let path = try SavedModelFixture.write(to: folder)
        let loaded = try ModelSource.savedModel(folder: path, tags: ["gpu", "serve"]).load()
        #expect(loaded.outputs == [TensorRef("double")] && loaded.outputNames == ["double"])
        #expect(loaded.completing(ConversionOptions()).outputs == [PortSpecification("double", .output(0))])
        var options = ConversionOptions()
        options.outputs = [PortSpecification("call")]
        #expect(loaded.completing(options).outputs == [PortSpecification("call")])
        #expect(loaded.completing(options).inputs.isEmpty)
        let summary = try GraphSummary(loaded)
        #expect(summary.inputs.map(\.name) == ["x"] && summary.inputs.map(\.shapeText) == ["(-1)"])
        #expect(summary.outputs == ["double"])
    }

    @Test("other tags are an error that lists those there are")
    func tags() throws {
        let path = try SavedModelFixture.write(to: folder)
        let error = failure { _ = try ModelSource.savedModel(folder: path).load() }
        #expect(error?.code == .invalidArgument)
        #expect(error?.remedy == "use --saved_model_tags with one of: train; serve,gpu")
        let empty = failure { _ = try ModelSource.savedModel(folder: path, tags: ["train"]).load() }
        #expect(empty?.message == "the graph has no nodes")
    }

    @Test("a folder without a SavedModel is an error")
    func absent() {
        let error = failure { _ = try ModelSource.savedModel(folder: folder.path).load() }
        #expect(error?.code == .notFound && error?.message.hasPrefix("there is no saved_model.pb in") == true)
    }

    @Test("a MetaGraph is read with the checkpoint beside it, and named by any of its files")
    func metaGraph() throws {
        let start = try #require(SavedModelFixture.text.range(of: "meta_info_def { tags: \"serve\""))
        let text = SavedModelFixture.text[start.lowerBound...].dropLast()
        _ = try folder.file("m.ckpt.meta", text.utf8)
        let prefix = try BundleFixture(variables: [("w", [], [3])]).write(to: folder, "m.ckpt")
        for ending in [".meta", ".index", ".data-00000-of-00001", ""] {
            let source = ModelSource.metaGraph(path: prefix + ending)
            #expect(try source.load().graph["w"]?.tensor("value").tensor() == Tensor(scalar: Float(3)))
            #expect(source.modelName == "m.ckpt")
        }
        let graph = failure { _ = try ModelSource.graph(path: prefix + ".meta", isText: true).load() }
        #expect(graph?.faq == 43)
    }

    @Test("models are named by their files, and forms told by them")
    func names() {
        #expect(ModelSource(path: "/a/net.v2.pb") == .graph(path: "/a/net.v2.pb"))
        #expect(ModelSource(path: "/a/net.v2.pb")?.modelName == "net.v2")
        #expect(ModelSource(path: "net.pbtxt") == .graph(path: "net.pbtxt", isText: true))
        #expect(ModelSource(path: "m.ckpt.meta") == .metaGraph(path: "m.ckpt.meta"))
        #expect(ModelSource(path: "/m/saved_model.pb") == .savedModel(folder: "/m/"))
        #expect(ModelSource(path: "saved_model.pbtxt") == .savedModel(folder: "."))
        #expect(ModelSource(path: folder.path) == .savedModel(folder: folder.path))
        #expect(ModelSource(path: folder.path)?.modelName == "saved_model")
        #expect(ModelSource(path: "net.onnx") == nil)
        #expect(ModelSource.graph(path: ".pb").modelName == "model")
    }
}
