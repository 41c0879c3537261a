import Synchronization
import VireoIR
import VireoTensor

/// A model whose inputs have unknown dimensions, compiled for each combination of shapes that it is given. The variants
/// used last are kept.
final class SpecializingProgram: Program {
    let inputs: [CompiledModel.Port]
    let outputs: [CompiledModel.Port]
    let optimalRequestCount: Int
    private let model: Model
    private let capacity: Int
    private let variants: Mutex<RecentlyUsed<[Shape], Variant>>
    private let compile: @Sendable (Model) throws -> any Program

    /// The program for one combination of shapes, compiled by whoever needs it first while others who need it wait.
    private final class Variant: Sendable {
        private let program = Mutex<(any Program)?>(nil)

        var ifCompiled: (any Program)? { program.withLock { $0 } }

        func get(_ compile: () throws -> any Program) throws -> any Program {
            try program.withLock { program in
                if let program { return program }
                let made = try compile()
                program = made
                return made
            }
        }
    }

    /// - Parameters:
    ///   - capacity: how many variants are kept, at least one.
    ///   - compile: makes the program of one variant, whose inputs have static shapes.
    init(
        _ model: Model, capacity: Int, requestCount: Int, compile: @escaping @Sendable (Model) throws -> any Program
    ) {
        self.model = model
        self.capacity = max(capacity, 1)
        self.compile = compile
        inputs = model.inputPorts
        outputs = model.outputPorts(typedBy: model)
        optimalRequestCount = requestCount
        variants = Mutex(RecentlyUsed(capacity: max(capacity, 1)))
    }

    private var latest: (any Program)? { variants.withLock { $0.latest }?.ifCompiled }

    var placement: Placement { latest?.placement ?? .undecided }
    var devices: [DeviceInfo] { latest?.devices ?? [] }
    var executionGraph: Model? { latest?.executionGraph }
    var isLoadedFromCache: Bool { get throws { try latest?.isLoadedFromCache ?? false } }

    func makeRunner() throws -> sending any Runner { SpecializingRunner(self, capacity: capacity) }

    /// The program for inputs of these shapes.
    func program(for shapes: [Shape]) throws -> any Program {
        let variant = variants.withLock { variants in
            if let known = variants[shapes] { return known }
            let made = Variant()
            variants[shapes] = made
            return made
        }
        return try variant.get {
            try withContext("compiling for " + shapes.map(\.description).joined(separator: ", ")) {
                var specialized = model
                let names = model.parameters.map { model[$0].name }
                try specialized.reshape(
                    Dictionary(zip(names, shapes.map { PartialShape($0) }), uniquingKeysWith: { $1 }))
                return try compile(specialized)
            }
        }
    }
}

/// Keeps a runner for each of the shapes used last.
private final class SpecializingRunner: Runner {
    private let program: SpecializingProgram
    private var runners: RecentlyUsed<[Shape], any Runner>

    init(_ program: SpecializingProgram, capacity: Int) {
        self.program = program
        runners = RecentlyUsed(capacity: capacity)
    }

    func run(_ inputs: [Tensor], into results: inout [Tensor], _ control: RunControl) throws {
        let shapes = inputs.map(\.shape)
        if let runner = runners[shapes] { return try runner.run(inputs, into: &results, control) }
        let made = try program.program(for: shapes).makeRunner()
        runners[shapes] = made
        try made.run(inputs, into: &results, control)
    }

    func profile() throws -> [ProfileRow] { try runners.latest?.profile() ?? [] }
}
