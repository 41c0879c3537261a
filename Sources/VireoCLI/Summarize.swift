import ArgumentParser
import Vireo

/// `vireo summarize`: the inputs and outputs of a graph, as summarize_graph printed them.
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
        let summary = try GraphSummary(model.source().load())
        if json {
            try Console.json(Report(summary))
            return
        }
        Console.print("\(summary.inputs.count) input(s) detected:")
        for input in summary.inputs {
            Console.print("Name: \(input.name), type: \(input.type), shape: \(input.shapeText)")
        }
        Console.print("\(summary.outputs.count) output(s) detected:")
        summary.outputs.forEach { Console.print($0) }
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

        init(_ summary: GraphSummary) {
            inputs = summary.inputs.map { input in
                Input(name: input.name, type: "\(input.type)", shape: input.shape.dimensions?.map { $0.value ?? -1 })
            }
            outputs = summary.outputs
            operations = summary.operations
            parameters = summary.parameterCount
        }
    }
}
