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
        /// The outputs' shapes; nil for those that are known only when the model runs.
        let outputShapes: [Shape?]
        /// The outputs whose shapes are known only when the model runs: the device makes a buffer for each run.
        let dynamicOutputs: [Int]

        init(executable: Executable, inputs: [Source], outputs: [ValueType]) {
            self.executable = executable
            self.inputs = inputs
            self.outputs = outputs
            outputShapes = outputs.map(\.shape.shape)
            dynamicOutputs = outputs.indices.filter { !outputs[$0].shape.isStatic }
        }
    }

    /// In an order in which they can run.
    let parts: [Part]
    /// One for each output of the model.
    let outputs: [Source]
    let constants: [Tensor]

    /// - Parameters:
    ///   - threads: how many subgraphs are compiled at a time.
    ///   - compile: makes the executable of one subgraph, by its number.
    init(
        _ model: Model, _ subgraphs: [[NodeID]], threads: Int,
        compile: @escaping @Sendable (_ graph: HostGraph, _ part: Int) throws -> Executable
    ) throws {
        var sources: [Output: Source] = [:]
        for (index, parameter) in model.parameters.enumerated() { sources[Output(parameter)] = .input(index) }

        let boundaries = subgraphs.map { HostGraph.Boundary(of: $0, in: model) }
        for (number, boundary) in boundaries.enumerated() {
            for (index, value) in boundary.outputs.enumerated() { sources[value] = .subgraph(number, output: index) }
        }
        let executables = try concurrently(subgraphs.count, atATime: threads) { number in
            let boundary = boundaries[number]
            let graph = try HostGraph(
                model, nodes: subgraphs[number], inputs: boundary.inputs, outputs: boundary.outputs)
            return try compile(graph, number)
        }
        let parts = zip(executables, boundaries).map { executable, boundary in
            Part(
                executable: executable, inputs: boundary.inputs.map { sources[$0]! },
                outputs: boundary.outputs.map { model.type(of: $0) })
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
