import ArgumentParser
import Vireo

/// The flags by which the Model Optimizer was taught what it did not know.
struct ExtensionFlags: ParsableArguments {
    @Option(help: "Plugin libraries (.so) with operations of their own, separated by commas.")
    var extensions: String?

    @Option(
        name: [
            .customLong("transformations_config"), .customLong("tensorflow_custom_operations_config_update"),
            .customLong("tensorflow_use_custom_operations_config"),
        ],
        help: "Transformations (JSON) for a model of the Object Detection API, such as ssd_v2_support.json.")
    var transformationsConfig: String?

    @Option(
        name: .customLong("tensorflow_object_detection_api_pipeline_config"),
        help: "The pipeline.config beside a frozen graph of the Object Detection API.")
    var pipelineConfig: String?

    @Option(
        name: .customLong("tensorflow_custom_layer_libraries"),
        help: "Accepted and without effect: graphs are read without TensorFlow (see --extensions).")
    var customLayerLibraries: String?

    /// The conversions of the libraries, by TensorFlow's names.
    private func conversions() throws -> [String: CustomConversion] {
        let paths = extensions?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } ?? []
        let conversions = try PluginOperation.load(from: paths).map { operation in
            CustomConversion(frameworkType: operation.frameworkType, type: operation.type) {
                try operation.outputs($0, $1)
            }
        }
        return Dictionary(conversions.map { ($0.frameworkType, $0) }, uniquingKeysWith: { first, _ in first })
    }

    var warnings: [String] {
        guard customLayerLibraries != nil else { return [] }
        return [
            "--tensorflow_custom_layer_libraries has no effect: graphs are read without TensorFlow, and operations of "
                + "your own come from --extensions"
        ]
    }

    /// The transformations, and what they need to know of the model.
    func apply(to options: inout ConversionOptions) throws {
        options.customConversions = try conversions()
        options.transformations = try transformationsConfig.map { path throws(VireoError) in
            try TransformationsConfig(contentsOf: path)
        }
        options.pipeline = try pipelineConfig.map { path throws(VireoError) in try PipelineConfig(contentsOf: path) }
    }
}
