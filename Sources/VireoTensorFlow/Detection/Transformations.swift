import VireoTensor

/// A kind of transformation that `--transformations_config` may ask for: a part of a graph, written by TensorFlow's
/// Object Detection API, that becomes something that the IR has.
protocol GraphTransformation: Sendable {
    /// What configuration files call it.
    static var id: String { get }

    /// - Parameter notes: gets a line for what the user should know.
    static func apply(
        to graph: GraphDef, _ settings: TransformationSettings, _ options: inout ConversionOptions,
        notes: inout [String]
    ) throws -> GraphDef
}

/// Every kind of transformation, in the order in which they are done, whatever the order of the file.
enum GraphTransformations {
    private static let all: [any (GraphTransformation & Sendable).Type] = [
        ChooseOutputs.self, OverrideConstants.self, ReplacePreprocessor.self, ReplaceSSDPostprocessor.self,
        ReplaceProposals.self, ReplacePositionSensitivePooling.self, ReplaceSecondStagePostprocessor.self,
        KeepSecondCrop.self, AddMaskSigmoid.self,
    ]

    /// The operations that the transformations put into a graph.
    private static let results: Set = [
        "VireoSSDDetection", "VireoRegionDetection", "VireoProposal", "VireoPositionSensitivePooling",
    ]

    /// The graph with the transformations of `options` done; a pipeline.config alone asks for those of its kind of
    /// model.
    /// - Throws: `unsupported` that names every transformation that is not known, and for a graph that already holds
    ///   what transformations put into it; what a transformation throws.
    static func run(
        on original: GraphDef, _ options: inout ConversionOptions, notes: inout [String]
    ) throws -> GraphDef {
        if let node = original.nodes.first(where: { results.contains($0.op) }) {
            throw VireoError(.unsupported, "the operation \(node.op) is Vireo's own", in: [node.place], faq: 24)
        }
        let config: TransformationsConfig
        if let given = options.transformations {
            config = given
        } else if let pipeline = options.pipeline {
            config = try .standard(for: pipeline, original)
        } else {
            return original
        }
        let wanted = config.transformations
        let unknown = wanted.map(\.id).filter { id in !all.contains { $0.id == id } }
        guard unknown.isEmpty else {
            throw VireoError(
                .unsupported, "these transformations are not supported: \(unknown.joined(separator: ", "))",
                remedy: "leave them out, and cut off what they replace with --input and --output; supported are "
                    + all.map { $0.id }.joined(separator: ", "))
        }
        var graph = original
        for kind in all {
            for transformation in wanted where transformation.id == kind.id {
                let settings = TransformationSettings(transformation, options.pipeline)
                graph = try withContext("the transformation \(kind.id)") {
                    try kind.apply(to: graph, settings, &options, notes: &notes)
                }
            }
        }
        return graph
    }
}
