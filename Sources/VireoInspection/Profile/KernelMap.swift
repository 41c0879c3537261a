import VireoIR
import VireoRuntime

/// Which kernel computed each node of a model in one run, and which nodes were fused into the kernels of others.
///
/// Devices say which nodes ran and which were optimized out, but not where the latter went. A node that was optimized
/// out belongs to the kernel of the value that it alone reads, as epilogues do; failing that to the kernel that alone
/// reads it, as pads do.
public struct KernelMap: Sendable {
    /// By the node's name, without the subgraph's number in front. Reorders of a node's operands are rows under its
    /// name.
    private let rows: [String: [ProfileRow]]
    /// For nodes that were fused the one whose kernel does their work.
    private let anchors: [NodeID: NodeID]

    /// - Parameters:
    ///   - profile: of a run of the model, with counting on; without rows every node counts as run by itself.
    ///   - model: as backends got it.
    package init(_ profile: [ProfileRow], of model: Model) throws {
        let rows = Dictionary(grouping: profile, by: \.name)
        self.rows = rows
        func status(_ id: NodeID) -> ProfileRow.Status? {
            rows[model[id].name].flatMap { $0.kernel(of: model[id].type) }?.status
        }

        var places: [NodeID: Int] = [:]
        var anchors: [NodeID: NodeID] = [:]
        let order = try model.topologicalOrder()
        for (place, id) in order.enumerated() {
            places[id] = place
            guard status(id) == .optimizedOut else { continue }
            let kernels = model[id].inputs.filter { model.soleUser(of: $0)?.id == id }.map(\.node)
                .map { anchors[$0] ?? $0 }
                .filter { status($0) == .executed }
            anchors[id] = kernels.max { places[$0, default: 0] < places[$1, default: 0] }
        }
        for id in order.reversed() where status(id) == .optimizedOut && anchors[id] == nil {
            guard model[id].outputs.count == 1, let user = model.soleUser(of: Output(id)) else { continue }
            anchors[id] = anchors[user.id] ?? (status(user.id) == .executed ? user.id : nil)
        }
        self.anchors = anchors
    }

    /// The row of a node; nil when the device does not mention it.
    public func row(_ node: Node) -> ProfileRow? { rows[node.name]?.kernel(of: node.type) }

    /// How long a node took, the reorders of its operands included.
    public func microseconds(_ node: Node) -> Int { rows[node.name]?.reduce(0) { $0 + $1.realMicroseconds } ?? 0 }

    /// The node into whose kernel this one was fused; nil when it has a kernel of its own or none.
    public func anchor(_ node: Node) -> NodeID? { anchors[node.id] }

    /// Whether a value exists in memory, and not only inside a kernel.
    public func isStored(_ value: Output, in model: Model) -> Bool {
        guard let user = model.soleUser(of: value) else { return true }
        let kernel = anchors[value.node] ?? value.node
        return (anchors[user.id] ?? user.id) != kernel
    }
}
