import VireoPluginKit
import VireoTensor

/// A graph lowered to commands, with its constants on the device.
final class OpenCLExecutable: PluginExecutable {
    let session: DeviceSession
    let program: CLProgram
    let plan: Plan
    let memoryPlan: MemoryPlan
    /// Names and types of the graph's nodes, for profiles.
    let nodes: [(name: String, opType: String)]
    let isProfiling: Bool

    init(
        _ graph: GraphView, on session: DeviceSession, method: ConvolutionMethod, cache: DeviceCache?, isProfiling: Bool
    ) throws {
        self.session = session
        self.isProfiling = isProfiling
        program = try session.program(cache)
        cache?.load(session.choices)
        plan = try lower(graph, on: session, method: method)
        cache?.store(session.choices)
        memoryPlan = MemoryPlan(plan)
        nodes = graph.nodes.map { ($0.name, $0.opType) }
    }

    func makeContext() throws -> any PluginContext { try OpenCLRun(of: self) }
}
