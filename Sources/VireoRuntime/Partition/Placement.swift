/// Where each node of a compiled model runs, and which devices refused it.
public struct Placement: Sendable, CustomStringConvertible {
    /// A device that would not take a node.
    public struct Refusal: Sendable, Hashable {
        public let device: String
        public let reason: String
    }

    public struct Node: Sendable, Hashable {
        public let name: String
        public let type: String
        /// The name of the device that runs it.
        public let device: String
        /// Which subgraph it is part of, counted from 0 in the order in which they run.
        public let subgraph: Int
        /// By the devices that were asked first.
        public let refusals: [Refusal]
    }

    /// One part of the model that runs on one device without interruption.
    public struct Subgraph: Sendable, Hashable {
        public let device: String
        public let nodeCount: Int
    }

    /// In topological order. Constants, inputs and outputs run nowhere and are not listed.
    public let nodes: [Node]
    /// In the order in which they run.
    public let subgraphs: [Subgraph]

    /// That of a model of which no part has been compiled yet.
    static let undecided = Placement(nodes: [], subgraphs: [])

    /// One line: "ONEDNN 84 nodes, REFERENCE 2 nodes; 3 subgraphs".
    public var summary: String {
        var counts: [(device: String, nodes: Int)] = []
        for subgraph in subgraphs {
            if let index = counts.firstIndex(where: { $0.device == subgraph.device }) {
                counts[index].nodes += subgraph.nodeCount
            } else {
                counts.append((subgraph.device, subgraph.nodeCount))
            }
        }
        guard !counts.isEmpty else { return "no nodes" }
        let devices = counts.map { "\($0.device) \(Placement.plural($0.nodes, "node"))" }.joined(separator: ", ")
        return "\(devices); \(Placement.plural(subgraphs.count, "subgraph"))"
    }

    /// One line a node, each followed by the refusals that led to its place.
    public var description: String {
        var lines: [String] = []
        for (number, subgraph) in subgraphs.enumerated() {
            lines.append("subgraph\(number) on \(subgraph.device): \(Placement.plural(subgraph.nodeCount, "node"))")
            for node in nodes where node.subgraph == number {
                lines.append("  \(node.type) \"\(node.name)\"")
                lines += node.refusals.map { "    \($0.device) refused: \($0.reason)" }
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func plural(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
}
