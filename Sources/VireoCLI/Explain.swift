import ArgumentParser
import Vireo

/// `vireo explain`: what becomes of each node.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say for each node which device and kernel run it, what it was fused into, and who refused it.",
        discussion: """
            Example:
              vireo explain -m mobilenet.xml -d HETERO:OPENBLAS,REFERENCE

            The model is run twice with random inputs, unless -i gives some, because only a run says which kernels there are.
            """)

    @Option(name: .shortAndLong, help: "An IR (.xml), a TensorFlow graph or the folder of a SavedModel.")
    var model: String

    @Option(name: .shortAndLong, help: "A device, CPU, or a virtual device such as HETERO:A,B.")
    var device = "CPU"

    @Option(name: .shortAndLong, parsing: .upToNextOption, help: "NAME=FILE.npy for each input, or a photograph.")
    var input: [String] = []

    @Option(help: "Only nodes whose name holds this text.")
    var node: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let core = try Core()
        let network = try Model(modelFile: model)
        let inputs = try core.compile(network, device: device).tensors(for: network, from: input)
        let explanation = try Explanation(network, on: device, core, inputs: inputs)
        let nodes = explanation.nodes.filter { node == nil || $0.name.contains(node ?? "") }
        if let node, nodes.isEmpty {
            throw VireoError(
                .notFound, "no node's name holds \"\(node)\"",
                remedy: "leave out --node to see all \(explanation.nodes.count)")
        }
        if json {
            try Console.json(
                Report(
                    model: model, device: device, summary: explanation.summary, settings: explanation.settings,
                    nodes: nodes))
            return
        }
        Console.print("\(model) on \(device): \(explanation.summary)")
        let settings = explanation.settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        if !settings.isEmpty { Console.print("settings: " + settings.joined(separator: " ")) }
        Console.print()
        print(nodes)
    }

    private func print(_ nodes: [Explanation.Node]) {
        var table = TextTable(columns: [
            .init(title: "node", isFlexible: true), .init(title: "type"), .init(title: "output"),
            .init(title: "device"), .init(title: "µs", isNumeric: true), .init(title: "computes in"),
            .init(title: "kernel", isFlexible: true),
        ])
        for node in nodes {
            let kernel = node.kernel ?? (node.fusedInto.map { "-> \($0)" } ?? "no work")
            table.rows.append([
                node.name, node.type, node.elementType + node.shape, node.device,
                node.kernel == nil ? "" : String(node.microseconds), node.kernel == nil ? "" : node.precision, kernel,
            ])
        }
        let lines = table.lines()
        Console.print(lines[0])
        for (node, line) in zip(nodes, lines.dropFirst()) {
            Console.print(line)
            for refusal in node.refusals { Console.print("    \(refusal.device) refused: \(refusal.reason)") }
        }
        let fused = nodes.count { $0.fusedInto != nil }
        let total = nodes.reduce(0) { $0 + $1.microseconds }
        Console.print()
        Console.print("\(nodes.count) nodes, \(fused) of them fused into others; \(total) microseconds")
    }

    private struct Report: Encodable {
        let model: String
        let device: String
        let summary: String
        let settings: [String: String]
        let nodes: [Explanation.Node]
    }
}
