import VireoIR
import VireoTensor

/// The subgraphs of a compiled model and how values go from one to the next.
struct RunPlan: Sendable {
    /// Where a value comes from.
    enum Source: Sendable, Hashable {
        /// The model's input number `index`.
        case input(_ index: Int)
        /// Output number `output` of subgraph number `part`.
        case subgraph(_ part: Int, output: Int)
        /// One of `constants`: an output of the model that depends on no input.
        case constant(_ index: Int)
    }

    struct Part: Sendable {
        let executable: Executable
        let inputs: [Source]
        let outputs: [ValueType]
    }

    /// In an order in which they can run.
    let parts: [Part]
    /// One for each output of the model.
    let outputs: [Source]
    let constants: [Tensor]

    /// - Parameter compile: makes the executable of one subgraph, by its number.
    init(
        _ model: Model, _ subgraphs: [[NodeID]], compile: (_ graph: HostGraph, _ part: Int) throws -> Executable
    ) throws {
        var sources: [Output: Source] = [:]
        for (index, parameter) in model.parameters.enumerated() { sources[Output(parameter)] = .input(index) }

        var parts: [Part] = []
        for (number, nodes) in subgraphs.enumerated() {
            let inside = Set(nodes)
            var inputs: [Output] = []
            var outputs: [Output] = []
            for id in nodes {
                for input in model[id].inputs
                where !inside.contains(input.node) && model.constant(input) == nil && !inputs.contains(input) {
                    inputs.append(input)
                }
                for value in model[id].outputs.indices.map({ Output(id, $0) })
                where model.uses(of: value).contains(where: { !inside.contains($0.node) }) {
                    sources[value] = .subgraph(number, output: outputs.count)
                    outputs.append(value)
                }
            }
            let graph = try HostGraph(model, nodes: nodes, inputs: inputs, outputs: outputs)
            parts.append(
                Part(
                    executable: try compile(graph, number), inputs: inputs.map { sources[$0]! },
                    outputs: outputs.map { model.type(of: $0) }))
        }

        var constants: [Tensor] = []
        self.outputs = model.results.map { result in
            let value = model[result].inputs[0]
            if let source = sources[value] { return source }
            constants.append(model.constant(value)!)
            return .constant(constants.count - 1)
        }
        self.parts = parts
        self.constants = constants
    }
}
