import VireoIR
import VireoSerialization
import VireoTensor
import VireoTensorFlow

extension Model {
    /// Reads a model: an IR (`.xml` with its `.bin` beside it), or a TensorFlow model, which is converted in memory: a
    /// frozen graph (`.pb`, `.pbtxt`), a MetaGraph beside its checkpoint (`.meta`), a SavedModel's folder. A graph
    /// whose batch is the only unknown dimension gets a batch of 1.
    /// - Throws: `unsupported` for another kind of file, and what reading and converting throw.
    public init(modelFile path: String, options: ConversionOptions = ConversionOptions()) throws {
        if path.hasSuffix(".xml") {
            self = try Model(irFile: path)
        } else if let source = ModelSource(path: path) {
            self = try Model(source: source, options: options)
        } else {
            throw VireoError(
                .unsupported, "\(path) is no model file by its name",
                remedy: "give an IR (.xml), a TensorFlow graph (.pb, .pbtxt, .meta) or a SavedModel's folder")
        }
    }

    /// Converts a TensorFlow model in memory. A graph whose batch is the only unknown dimension gets a batch of 1.
    /// - Throws: what reading and converting throw.
    public init(source: ModelSource, options: ConversionOptions = ConversionOptions()) throws {
        self = try withContext("converting \(source.path)") {
            let loaded = try source.load()
            return try Model(converting: loaded.graph, loaded.completing(options), name: source.modelName)
        }
    }

    private init(converting graph: GraphDef, _ options: ConversionOptions, name: String) throws {
        do {
            self = try Converter(options).convert(graph, name: name).model
        } catch let error as VireoError where error.faq == 40 && options.batch == nil && options.inputShapes.isEmpty {
            var withBatch = options
            withBatch.batch = 1
            do {
                self = try Converter(withBatch).convert(graph, name: name).model
            } catch let second as VireoError where second.faq == 39 || second.faq == 40 {
                throw error
            }
        }
    }
}
