import VireoIR
import VireoTensor

/// A node of an execution graph: what ran, without the weights it ran with.
///
/// It keeps the operation's name and attributes, so that viewers of IR draw it as the operation.
struct ExecutionNode: Operation {
    let type: String
    let version: Int
    let attributes: [Attribute]
    let outputs: [ValueType]

    func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] { outputs }
}

extension Model {
    /// The graph of what runs: `prepared` without its constants, where each node's `rt_info` names its device and
    /// subgraph.
    init(executing prepared: Model, _ placement: Placement) throws {
        self.init(name: prepared.name)
        let places = Dictionary(placement.nodes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var values: [Output: Output] = [:]
        for id in try prepared.topologicalOrder() {
            let node = prepared[id]
            switch node.operation {
            case is Constant where !prepared.uses(of: Output(id)).contains(where: { prepared[$0.node].isResult }):
                continue
            case is Parameter, is Constant, is VireoIR.Result:
                let copy = try add(node.operation, node.inputs.compactMap { values[$0] }, name: node.name)
                values[Output(id)] = Output(copy)
                continue
            default: break
            }
            let copy = try add(
                ExecutionNode(
                    type: node.type, version: node.operation.version, attributes: node.operation.attributes,
                    outputs: node.outputs.map(\.type)),
                prepared.computedInputs(of: node).compactMap { values[$0] }, name: node.name)
            for index in node.outputs.indices { values[Output(id, index)] = Output(copy, index) }
            if let place = places[node.name] {
                setRuntimeInfo(
                    [
                        RuntimeInfo("device", value: place.device),
                        RuntimeInfo("subgraph", value: String(place.subgraph)),
                    ], of: copy)
            }
        }
        reorder(
            parameters: prepared.parameters.map { values[Output($0)]!.node },
            results: prepared.results.map { values[Output($0)]!.node })
    }

    /// An execution graph with the times of a run: each node's `rt_info` gains the kernel that ran, the element type
    /// that it computed in, and the microseconds.
    /// - Parameter rows: `InferRequest.profile` of a run.
    public func timed(by rows: [ProfileRow]) -> Model {
        var timed = self
        let rowsOfNodes = Dictionary(grouping: rows, by: \.name)
        for node in nodes {
            guard let rows = rowsOfNodes[node.name], let row = rows.kernel(of: node.type) else { continue }
            timed.setRuntimeInfo(
                node.runtimeInfo + [
                    RuntimeInfo("execType", value: row.execType),
                    RuntimeInfo("execTimeMcs", value: String(rows.reduce(0) { $0 + $1.realMicroseconds })),
                    RuntimeInfo("status", value: row.status.name),
                ] + row.runtimePrecision(of: node), of: node.id)
        }
        return timed
    }
}

extension ProfileRow {
    /// Of a kernel that does not say, the element type of what it makes.
    fileprivate func runtimePrecision(of node: Node) -> [RuntimeInfo] {
        guard status == .executed, let type = precision ?? node.outputs.first?.type.elementType else { return [] }
        return [RuntimeInfo("runtimePrecision", value: type.irName)]
    }
}

extension Node {
    fileprivate var isResult: Bool { operation is VireoIR.Result }
}

extension Model {
    fileprivate func computedInputs(of node: Node) -> [Output] { node.inputs.filter { constant($0) == nil } }
}
