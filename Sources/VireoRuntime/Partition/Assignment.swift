import VireoIR
import VireoTensor

/// Which device takes each node of a prepared model: the first in the list that does not refuse it.
struct Assignment {
    /// The model's nodes without parameters, constants and results, in topological order.
    let nodes: [NodeID]
    /// For each node its device's place in the list.
    let devices: [Int]
    let refusals: [[Placement.Refusal]]

    /// Devices are asked one after the other for as long as some node has none.
    /// - Throws: `unsupported` with every node that nobody takes and every device's reason.
    init(_ model: Model, to candidates: [Device]) throws {
        let nodes = try model.topologicalOrder().filter { id in
            let operation = model[id].operation
            return !(operation is Parameter || operation is Constant || operation is Result)
        }
        var chosen = [Int?](repeating: nil, count: nodes.count)
        var refusals = [[Placement.Refusal]](repeating: [], count: nodes.count)
        let graph = try HostGraph(
            model, nodes: nodes, inputs: model.parameters.map { Output($0) }, outputs: Assignment.outputs(of: model))
        for (number, device) in candidates.enumerated() where chosen.contains(nil) {
            let answers = try device.backend().refusals(of: graph)
            for index in nodes.indices where chosen[index] == nil {
                if let reason = answers[index] {
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
                remedy: "name devices that complete each other, as in HETERO:A,B")
        }
        self.nodes = nodes
        self.devices = chosen.map { $0! }
        self.refusals = refusals
    }

    /// The values that nodes compute for results, each once.
    private static func outputs(of model: Model) -> [Output] {
        var seen: Set<Output> = []
        return model.results.map { model[$0].inputs[0] }.filter { value in
            let operation = model[value.node].operation
            return !(operation is Parameter || operation is Constant) && seen.insert(value).inserted
        }
    }

    /// The subgraphs as places in `nodes`, in an order in which they can run.
    func subgraphs(of model: Model) -> [[Int]] {
        var places: [NodeID: Int] = [:]
        for (place, id) in nodes.enumerated() { places[id] = place }
        let producers = nodes.map { id in Array(Set(model[id].inputs.compactMap { places[$0.node] })) }
        return Partitioner(devices: devices, producers: producers).subgraphs()
    }
}
