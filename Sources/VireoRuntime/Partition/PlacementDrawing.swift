import VireoIR
import VireoTensor

/// The two drawings of Graphviz that HETERO writes: where each node runs, and the subgraphs that came of it.
struct PlacementDrawing {
    /// Every node, coloured by its device.
    let affinity: String
    /// One box a subgraph, with the number of values that go from one to the next.
    let subgraphs: String
    private let name: String

    private static let colours = ["lightblue", "palegreen", "lightsalmon", "khaki", "plum", "lightgrey"]

    init(_ model: Model, _ assignment: Assignment, _ placement: Placement) {
        name = String(model.name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" })
        var devices: [String] = []
        for subgraph in placement.subgraphs where !devices.contains(subgraph.device) { devices.append(subgraph.device) }
        func colour(_ device: String) -> String {
            PlacementDrawing.colours[(devices.firstIndex(of: device) ?? 0) % PlacementDrawing.colours.count]
        }
        var places: [NodeID: Int] = [:]
        for (place, id) in assignment.nodes.enumerated() { places[id] = place }

        var nodes = placement.nodes.enumerated().map { place, node in
            "  n\(place) [label=\"\(escaped(node.name))\\n\(node.type)\\n\(node.device)\", "
                + "fillcolor=\(colour(node.device))];"
        }
        var crossings: [[Int]: Int] = [:]
        for (place, id) in assignment.nodes.enumerated() {
            for producer in model[id].inputs.compactMap({ places[$0.node] }) {
                nodes.append("  n\(producer) -> n\(place);")
                let ends = [placement.nodes[producer].subgraph, placement.nodes[place].subgraph]
                if ends[0] != ends[1] { crossings[ends, default: 0] += 1 }
            }
        }
        affinity = PlacementDrawing.graph(nodes)
        let boxes = placement.subgraphs.enumerated().map { number, subgraph in
            "  s\(number) [label=\"subgraph\(number)\\n\(subgraph.device)\\nnodes: \(subgraph.nodeCount)\", "
                + "fillcolor=\(colour(subgraph.device))];"
        }
        let edges = crossings.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ends, count in
            "  s\(ends[0]) -> s\(ends[1]) [label=\"\(count)\"];"
        }
        subgraphs = PlacementDrawing.graph(boxes + edges)
    }

    /// Writes `hetero_affinity_<model>.dot` and `hetero_subgraphs_<model>.dot` into the working folder.
    func write() throws {
        for (kind, text) in [("affinity", affinity), ("subgraphs", subgraphs)] {
            let file = try AtomicFile(path: "hetero_\(kind)_\(name).dot")
            try file.write(text)
            try file.commit()
        }
    }

    private static func graph(_ lines: [String]) -> String {
        "digraph {\n  node [shape=box, style=filled];\n" + lines.joined(separator: "\n") + "\n}\n"
    }
}

private func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
}
