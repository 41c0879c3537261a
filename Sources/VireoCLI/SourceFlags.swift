import ArgumentParser
import Foundation
import Vireo

/// The flags that say where a TensorFlow model is, the same for every command that reads one.
struct SourceFlags: ParsableArguments {
    @Option(
        name: [.customLong("input_model"), .customShort("w"), .customShort("m")],
        help: "The graph (.pb or .pbtxt): frozen, or with --input_checkpoint.")
    var inputModel: String?

    @Flag(name: .customLong("input_model_is_text"), help: "The graph is in text form.")
    var inputModelIsText = false

    @Option(
        name: .customLong("input_checkpoint"),
        help: "The weights: a checkpoint's prefix, one of its files, or a folder with the latest.")
    var inputCheckpoint: String?

    @Option(
        name: .customLong("input_meta_graph"), help: "A MetaGraph (.meta) with its checkpoint beside it.")
    var inputMetaGraph: String?

    @Option(name: .customLong("saved_model_dir"), help: "The folder of a SavedModel.")
    var savedModelDir: String?

    @Option(name: .customLong("saved_model_tags"), help: "The tags of the graph in the SavedModel: serve,gpu.")
    var savedModelTags = "serve"

    func validate() throws {
        guard inputModel != nil || inputMetaGraph != nil || savedModelDir != nil else {
            throw ValidationError("Name a model with --input_model, --input_meta_graph or --saved_model_dir")
        }
    }

    /// The source, when the flags name exactly one.
    func source() throws -> ModelSource {
        let named = [
            inputModel.map { ("--input_model", $0) }, inputMetaGraph.map { ("--input_meta_graph", $0) },
            savedModelDir.map { ("--saved_model_dir", $0) },
        ].compactMap { $0 }
        guard let first = named.first else {
            throw VireoError(
                .invalidArgument, "no model is given",
                remedy: "name it with --input_model, --input_meta_graph or --saved_model_dir")
        }
        guard named.count == 1 else {
            throw VireoError(
                .invalidArgument, "\(named.map(\.0).joined(separator: " and ")) name two models",
                remedy: "give one of them")
        }
        if first.1.isEmpty { throw VireoError(.invalidArgument, "\(first.0) is empty") }
        if let savedModelDir {
            guard inputCheckpoint == nil else {
                throw VireoError(
                    .invalidArgument, "a SavedModel has its weights inside", remedy: "leave out --input_checkpoint")
            }
            let tags = savedModelTags.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            return .savedModel(folder: savedModelDir, tags: Set(tags))
        }
        if let inputMetaGraph { return .metaGraph(path: inputMetaGraph, checkpoint: inputCheckpoint) }
        return .graph(path: first.1, isText: inputModelIsText, checkpoint: inputCheckpoint)
    }
}
