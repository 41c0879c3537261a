import VireoPluginKit
import VireoTensor

/// A compiled graph: kernels, and where their tensors live.
final class Executable: PluginExecutable {
    let program: Program
    let placement: Placement
    let inputs: [Signature]
    let outputs: [Signature]
    let constants: Constants
    let threads: Int
    let isProfiled: Bool
    let host: Host
    let blas: OpenBLASLibrary

    /// The type and shape that a buffer must have.
    struct Signature: Sendable {
        let elementType: ElementType
        let shape: Shape
    }

    init(
        _ graph: GraphView, threads: Int, isProfiled: Bool, allowsLessAccuracy: Bool, blas: OpenBLASLibrary, host: Host
    ) throws {
        self.threads = threads
        self.isProfiled = isProfiled
        self.blas = blas
        self.host = host
        program = try Program(graph, Preparation(allowsLessAccuracy: allowsLessAccuracy, host: host))
        placement = Placement(program, graph, threads: threads)
        inputs = try graph.inputs.map { try Executable.signature(graph.values[$0], "input") }
        outputs = try graph.outputs.map { try Executable.signature(graph.values[$0], "output") }
        constants = try Constants(
            graph, Set(program.steps.flatMap(\.kernel.reads) + placement.copies.map(\.value)), host: host)
    }

    private static func signature(_ value: ValueView, _ role: String) throws -> Signature {
        guard let shape = value.shape.shape else {
            throw VireoError(.unsupported, "a graph \(role) has the dynamic shape \(value.shape)")
        }
        return Signature(elementType: value.elementType, shape: shape)
    }

    func makeContext() throws -> any PluginContext { try Context(self) }
}
