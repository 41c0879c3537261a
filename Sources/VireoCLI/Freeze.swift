import ArgumentParser
import Vireo

/// `vireo freeze`: a graph with its weights in one file, as freeze_graph made it.
struct Freeze: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a TensorFlow model as a frozen graph (.pb): weights as constants, training left out.",
        discussion: """
            Example:
              vireo freeze --input_model inception_v1.pb --input_checkpoint inception_v1.ckpt --output_graph frozen.pb
            """)

    @OptionGroup var model: SourceFlags

    @Option(name: [.customLong("output_graph"), .customShort("o")], help: "The file to write.")
    var outputGraph: String

    @Option(
        name: .customLong("output_node_names"),
        help: "The nodes to keep, with what they need, separated by commas (default: the model's outputs).")
    var outputNodeNames: String?

    func run() throws {
        let watch = Stopwatch()
        let loaded = try model.source().load()
        let names = outputNodeNames?.split(separator: ",").map { $0.split(separator: ":").first.map(String.init) ?? "" }
        let outputs = names ?? loaded.outputNames
        guard !outputs.isEmpty else {
            throw VireoError(
                .invalidArgument, "the graph has no output", remedy: "name the nodes with --output_node_names")
        }
        let frozen = try loaded.frozen(outputs: outputs)
        try frozen.write(to: outputGraph)
        Console.print("[ SUCCESS ] \(frozen.nodes.count) nodes for \(outputs.joined(separator: ", "))")
        Console.print("[ SUCCESS ] Frozen graph: \(outputGraph)")
        Console.print("[ SUCCESS ] Total execution time: \((watch.milliseconds / 1000).text(decimals: 2)) seconds.")
    }
}
