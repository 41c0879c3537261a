import ArgumentParser
import Vireo

/// `vireo summarize`: the inputs and outputs of a graph, as summarize_graph printed them, and what a run costs.
struct Summarize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the inputs and outputs of a TensorFlow model, in any form.",
        discussion: """
            Example:
              vireo summarize --input_model inception_v1.pb
            """)

    @OptionGroup var model: SourceFlags

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let loaded = try model.source().load()
        let summary = try GraphSummary(loaded)
        let cost = Cost(loaded)
        if json {
            try Console.json(Report(summary, cost))
            return
        }
        Console.print("\(summary.inputs.count) input(s) detected:")
        for input in summary.inputs {
            Console.print("Name: \(input.name), type: \(input.type), shape: \(input.shapeText)")
        }
        Console.print("\(summary.outputs.count) output(s) detected:")
        summary.outputs.forEach { Console.print($0) }
        Console.print("Parameters: \(summary.parameterCount)")
        switch cost {
        case .known(let operations):
            Console.print("GFLOP: \((Double(operations) / 1e9).text(decimals: 3)) with a batch of 1")
        case .unknown(let reason): Console.print("GFLOP: not known, because \(reason)")
        }
    }

    /// What one run costs, found by converting the graph.
    private enum Cost {
        case known(Int)
        case unknown(String)

        init(_ loaded: LoadedGraph) {
            do {
                self = .known(try loaded.floatingPointOperations())
            } catch {
                let message = (error as? VireoError)?.message ?? "\(error)"
                self = .unknown(message.split(whereSeparator: \.isNewline).joined(separator: " "))
            }
        }
    }

    private struct Report: Encodable {
        struct Input: Encodable {
            let name: String
            let type: String
            /// -1 is an unknown dimension; no list at all an unknown rank.
            let shape: [Int]?
        }

        let inputs: [Input]
        let outputs: [String]
        let operations: [String: Int]
        let parameters: Int
        /// With a batch of 1; null when it is not known.
        let gflop: Double?

        init(_ summary: GraphSummary, _ cost: Cost) {
            inputs = summary.inputs.map { input in
                Input(name: input.name, type: "\(input.type)", shape: input.shape.dimensions?.map { $0.value ?? -1 })
            }
            outputs = summary.outputs
            operations = summary.operations
            parameters = summary.parameterCount
            gflop = if case .known(let operations) = cost { Double(operations) / 1e9 } else { nil }
        }
    }
}
