import VireoIR
import VireoTensor

/// A model with variables: a program without them, and runners that carry the variables' values from run to run. No
/// device needs to know of variables.
final class StatefulProgram: Program {
    let variables: [StateVariable]
    let inputs: [CompiledModel.Port]
    let outputs: [CompiledModel.Port]
    private let program: any Program

    /// - Returns: the target's own program for a model without variables.
    /// - Throws: `unsupported` where requests are gathered in batches, which share no variables.
    static func compile(
        _ model: Model, for target: any CompilationTarget, _ configuration: Configuration
    ) throws -> any Program {
        let (stateless, variables) = try model.separatingStates()
        guard !variables.isEmpty else { return try target.compile(model, configuration) }
        guard !target.name.contains("BATCH:") else {
            throw VireoError(
                .unsupported,
                "requests of a model with the variables \(variables.map(\.name)) cannot share batches on \(target.name), "
                    + "because each has values of its own",
                remedy: "name the device without BATCH")
        }
        return StatefulProgram(try target.compile(stateless, configuration), variables, of: model)
    }

    private init(_ program: any Program, _ variables: [StateVariable], of model: Model) {
        self.program = program
        self.variables = variables
        inputs = Array(program.inputs.prefix(model.parameters.count))
        outputs = Array(program.outputs.prefix(model.results.count))
    }

    var placement: Placement { program.placement }
    var devices: [DeviceInfo] { program.devices }
    var optimalRequestCount: Int { program.optimalRequestCount }
    var executionGraph: Model? { program.executionGraph }
    var isLoadedFromCache: Bool { get throws { try program.isLoadedFromCache } }

    func makeRunner() throws -> sending any Runner {
        StatefulRunner(try program.makeRunner(), variables, outputCount: outputs.count)
    }
}

/// Runs a model with variables. Each value lies in one of two tensors: one is read in a run while the other is written.
final class StatefulRunner: Runner {
    let variables: [StateVariable]
    /// What the next run reads.
    private(set) var values: [Tensor]
    /// Whether the next run begins anew: its first values may have to be computed.
    private var isFirst: [Bool]
    private var spare: [Tensor] = []
    private let runner: any Runner
    private let outputCount: Int

    init(_ runner: any Runner, _ variables: [StateVariable], outputCount: Int) {
        self.runner = runner
        self.variables = variables
        self.outputCount = outputCount
        values = variables.map(\.initial)
        isFirst = variables.map { _ in true }
    }

    func run(_ inputs: [Tensor], into results: inout [Tensor], _ control: RunControl) throws {
        let flags = variables.indices.filter { variables[$0].hasComputedInitial }.map { Tensor(scalar: isFirst[$0]) }
        // Nobody else may hold the tensors that are to be used again.
        var all = results
        results = []
        all = all.count == outputCount ? all + spare : []
        spare = []
        try runner.run(inputs + values + flags, into: &all, control)
        results = Array(all.prefix(outputCount))
        for (variable, value) in zip(variables.indices.filter { variables[$0].isAssigned }, all.dropFirst(outputCount))
        {
            spare.append(values[variable])
            values[variable] = value
        }
        isFirst = variables.map { _ in false }
    }

    func profile() throws -> [ProfileRow] { try runner.profile() }

    func reset(_ index: Int) {
        values[index] = variables[index].initial
        isFirst[index] = true
    }

    /// - Throws: `invalidArgument` for a tensor of another type or shape.
    func set(_ index: Int, to tensor: Tensor) throws(VireoError) {
        let variable = variables[index]
        guard tensor.elementType == variable.type.elementType, variable.type.shape.allows(tensor.shape) else {
            throw VireoError(
                .invalidArgument,
                "a tensor \(tensor.elementType)\(tensor.shape) for the variable \"\(variable.name)\" \(variable.type)")
        }
        values[index] = tensor
        isFirst[index] = false
    }
}
