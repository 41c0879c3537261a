import VireoIR
import VireoTensor

/// A model of static inputs, divided into subgraphs of one device each.
final class PartitionedProgram: Program {
    let inputs: [CompiledModel.Port]
    let outputs: [CompiledModel.Port]
    let placement: Placement
    let devices: [DeviceInfo]
    let optimalRequestCount: Int
    let plan: RunPlan
    private let prepared: Model

    init(_ model: Model, _ target: PartitionedTarget, _ configuration: Configuration) throws {
        let candidates = target.candidates
        let prepared = try target.prepared(model)
        try prepared.checkFitsInMemory()
        let assignment = try Assignment(
            prepared, to: candidates, obeysAffinities: target.obeysAffinities,
            allowingFallback: try configuration.value(of: .enableFallback) ?? true)
        let parts = assignment.subgraphs(of: prepared)
        let used = parts.map { candidates[assignment.devices[$0[0]]] }
        let streams = try Streams(configuration, for: used)
        plan = try RunPlan(
            prepared, parts.map { $0.map { assignment.nodes[$0] } },
            threads: configuration.value(of: .compilationNumThreads) ?? 1
        ) { graph, part in
            try used[part].backend().compile(graph, properties: try streams.properties(for: used[part]))
        }
        inputs = model.inputPorts
        outputs = model.outputPorts(typedBy: prepared)
        placement = Placement(prepared, assignment, parts, devices: used.map(\.info.name))
        var seen: Set<String> = []
        devices = used.map(\.info).filter { seen.insert($0.name).inserted }
        optimalRequestCount = streams.count
        self.prepared = prepared
        if try configuration.value(of: .heteroDumpGraphDot) ?? false {
            try PlacementDrawing(prepared, assignment, placement).write()
        }
    }

    var isLoadedFromCache: Bool {
        get throws {
            let cached = try plan.parts.map(\.executable).filter { try $0.backend.hasCache }
            return !cached.isEmpty && cached.allSatisfy(\.isLoadedFromCache)
        }
    }

    var executionGraph: Model? { try? Model(executing: prepared, placement) }

    func makeRunner() throws -> sending any Runner { try PartitionedRunner(plan) }
}

extension Placement {
    fileprivate init(_ model: Model, _ assignment: Assignment, _ parts: [[Int]], devices: [String]) {
        var subgraph = [Int](repeating: 0, count: assignment.nodes.count)
        for (number, part) in parts.enumerated() { for place in part { subgraph[place] = number } }
        nodes = assignment.nodes.enumerated().map { place, id in
            Node(
                name: model[id].name, type: model[id].type, device: devices[subgraph[place]],
                subgraph: subgraph[place], refusals: assignment.refusals[place])
        }
        subgraphs = zip(parts, devices).map { Subgraph(device: $1, nodeCount: $0.count) }
    }
}
