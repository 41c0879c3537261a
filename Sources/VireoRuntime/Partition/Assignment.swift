import VireoIR
import VireoTensor

/// Which device takes each node of a prepared model: the first in the list that does not refuse it.
struct Assignment {
    /// The model's nodes without parameters, constants and results, in topological order.
    let nodes: [NodeID]
    /// For each node its device's place in the list.
    let devices: [Int]
    let refusals: [[Placement.Refusal]]

    /// Devices are asked one after the other for as long as some node has none. A node whose shapes are known only when
    /// the model runs is for devices that take such shapes.
    /// - Parameters:
    ///   - obeysAffinities: whether a node goes to the device that the model's file wants it on, and to no other.
    ///   - allowingFallback: whether the devices after the first may take nodes.
    /// - Throws: `unsupported` with every node that nobody takes and every device's reason.
    init(
        _ model: Model, to candidates: [Device], obeysAffinities: Bool = false, allowingFallback: Bool = true
    ) throws {
        let nodes = try model.topologicalOrder().filter { id in
            let operation = model[id].operation
            return !(operation is Parameter || operation is Constant || operation is Result)
        }
        let affinities = nodes.map { obeysAffinities ? model[$0].affinity : nil }
        for case let (id, affinity?) in zip(nodes, affinities)
        where !candidates.contains(where: { $0.isCalled(affinity) }) {
            throw VireoError(
                .notFound, "node \(model[id].label) is meant for \(affinity), which is not among the devices",
                remedy: "the devices are " + candidates.map(\.info.name).joined(separator: ", "))
        }
        var chosen = [Int?](repeating: nil, count: nodes.count)
        var refusals = [[Placement.Refusal]](repeating: [], count: nodes.count)
        let isDynamic = nodes.map { model.hasDynamicShapes(model[$0]) }
        for (number, device) in candidates.enumerated() where chosen.contains(nil) {
            if !allowingFallback && number > 0 { break }
            let takesDynamicShapes = try device.backend().takesDynamicShapes
            let asked = nodes.indices.filter { takesDynamicShapes || !isDynamic[$0] }
            let answers = try device.backend().refusals(of: HostGraph(model, nodes: asked.map { nodes[$0] }))
            var reasons = [String?](repeating: Assignment.dynamicShapes, count: nodes.count)
            for (place, answer) in zip(asked, answers) { reasons[place] = answer }
            for index in nodes.indices where chosen[index] == nil {
                if let affinity = affinities[index], !device.isCalled(affinity) { continue }
                if let reason = reasons[index] {
                    refusals[index].append(Placement.Refusal(device: device.info.name, reason: reason))
                } else {
                    chosen[index] = number
                }
            }
        }
        let homeless = nodes.indices.filter { chosen[$0] == nil }
        guard homeless.isEmpty else {
            throw VireoError(
                .unsupported,
                homeless.count == 1
                    ? "one node is taken by no device" : "\(homeless.count) nodes are taken by no device",
                in: homeless.map { index in
                    let reasons = refusals[index].map { "\($0.device): \($0.reason)" }
                    return "node \(model[nodes[index]].label): " + reasons.joined(separator: "; ")
                },
                remedy: allowingFallback
                    ? "name devices that complete each other, as in HETERO:A,B"
                    : "allow the devices after the first (ENABLE_FALLBACK), or name another first")
        }
        self.nodes = nodes
        self.devices = chosen.map { $0! }
        self.refusals = refusals
    }

    private static let dynamicShapes = "its shapes are known only when the model runs (no DYNAMIC_SHAPES)"

    /// The subgraphs as places in `nodes`, in an order in which they can run.
    func subgraphs(of model: Model) -> [[Int]] {
        var places: [NodeID: Int] = [:]
        for (place, id) in nodes.enumerated() { places[id] = place }
        let producers = nodes.map { id in Array(Set(model[id].inputs.compactMap { places[$0.node] })) }
        return Partitioner(devices: devices, producers: producers).subgraphs()
    }
}

extension Node {
    /// The device that the model's file wants the node on.
    ///
    /// It is the value of `<rt_info><affinity value="ONEDNN"/></rt_info>`, or of `<attribute name="affinity"
    /// value="…"/>`.
    var affinity: String? {
        let info =
            runtimeInfo.first { $0.name == "affinity" }
            ?? runtimeInfo.first { $0.name == "attribute" && $0["name"] == "affinity" }
        return info?["value"].flatMap { $0.isEmpty ? nil : $0.uppercased() }
    }
}
