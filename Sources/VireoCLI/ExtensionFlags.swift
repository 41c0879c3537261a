import ArgumentParser
import Foundation
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
        help: "Not supported, unless the file lists no transformation: sub-graphs of an API are not recognised.")
    var transformationsConfig: String?

    @Option(
        name: .customLong("tensorflow_object_detection_api_pipeline_config"),
        help: "Not supported: models of the Object Detection API are not converted as a whole.")
    var pipelineConfig: String?

    @Option(
        name: .customLong("tensorflow_custom_layer_libraries"),
        help: "Accepted and without effect: graphs are read without TensorFlow (see --extensions).")
    var customLayerLibraries: String?

    /// The conversions of the libraries, by TensorFlow's names.
    func conversions() throws -> [String: CustomConversion] {
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

    /// - Throws: `unsupported` for what would have no effect and cannot be done without.
    func checkConfigurations() throws {
        if let transformationsConfig {
            let transformations = try names(of: transformationsConfig)
            guard transformations.isEmpty else {
                throw VireoError(
                    .unsupported,
                    "the transformations \(transformations.joined(separator: ", ")) are not supported",
                    in: [transformationsConfig],
                    remedy: "cut the part that they replace off with --input and --output")
            }
        }
        if let pipelineConfig {
            throw VireoError(
                .unsupported, "models of the Object Detection API are not converted as a whole", in: [pipelineConfig],
                remedy: "cut the preprocessor and postprocessor off with --input and --output")
        }
    }

    /// The ids of the transformations in a configuration file, which is a list of objects in JSON.
    private func names(of path: String) throws -> [String] {
        struct Transformation: Decodable { let id: String }
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw VireoError(.notFound, "the file cannot be read: \(error.localizedDescription)", in: [path])
        }
        do {
            return try JSONDecoder().decode([Transformation].self, from: data).map(\.id)
        } catch {
            throw VireoError(
                .malformedFile, "the file is no list of transformations, each with an \"id\"", in: [path])
        }
    }
}
