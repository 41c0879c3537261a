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
    let isLoadedFromCache: Bool
    /// What the names of kernels end with when they compute in another type than f32.
    let kernelSuffix: String

    init(
        _ graph: GraphView, on session: DeviceSession, _ options: PlanOptions, cache: DeviceCache?, isProfiling: Bool
    ) throws {
        self.session = session
        self.isProfiling = isProfiling
        let form = try options.form(on: session.device)
        kernelSuffix = form.precision == .f16 ? "_f16" : ""
        let built = try session.program(form, cache)
        program = built.program
        cache?.load(session.choices)
        plan = try lower(graph, on: session, options, form, program)
        isLoadedFromCache = cache != nil && built.isFromCache && !session.choices.hasNews
        cache?.store(session.choices)
        memoryPlan = MemoryPlan(plan)
        nodes = graph.nodes.map { ($0.name, $0.opType) }
    }

    func makeContext() throws -> any PluginContext { try OpenCLRun(of: self) }
}
