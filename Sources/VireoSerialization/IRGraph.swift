import VireoTensor

/// The layers and edges of an IR file, checked for consistency and put in order.
struct IRGraph {
    let layers: [IRLayer]
    /// For each input of each layer the layer and the output number it reads.
    let sources: [[Source]]

    struct Source {
        let layer: Int
        let output: Int
    }

    /// - Parameter net: a `<net>` or a `<body>`.
    init(_ net: MarkupElement) throws(VireoError) {
        layers = try (net.child("layers")?.children("layer") ?? []).map { (element) throws(VireoError) in
            try IRLayer(element)
        }
        guard layers.contains(where: \.isResult) else {
            throw VireoError(.malformedFile, "the model has no Result", remedy: "see whether the file is complete")
        }
        var indexOfID: [Int: Int] = [:]
        for (index, layer) in layers.enumerated() {
            if let other = indexOfID.updateValue(index, forKey: layer.id) {
                throw VireoError(
                    .malformedFile, "layers \(layers[other].label) and \(layer.label) both have the id \(layer.id)",
                    in: ["line \(layer.line)"])
            }
        }
        sources = try IRGraph.connect(layers, indexOfID, net.child("edges")?.children("edge") ?? [])
    }

    private static func connect(
        _ layers: [IRLayer], _ indexOfID: [Int: Int], _ edges: [MarkupElement]
    ) throws(VireoError) -> [[Source]] {
        let inputs = layers.map { PortPlaces($0.inputPorts) }
        let outputs = layers.map { PortPlaces($0.outputPorts.map(\.id)) }
        var sources: [[Source?]] = layers.map { Array(repeating: nil, count: $0.inputPorts.count) }
        for edge in edges {
            let (fromID, toID) = (try edge.natural("from-layer"), try edge.natural("to-layer"))
            guard let from = indexOfID[fromID], let to = indexOfID[toID] else {
                throw edge.malformed("an edge from layer \(fromID) to layer \(toID), of which one does not exist")
            }
            let (fromPort, toPort) = (try edge.natural("from-port"), try edge.natural("to-port"))
            guard let output = outputs[from][fromPort] else {
                throw edge.malformed("an edge leaves port \(fromPort) of \(layers[from].label), which does not exist")
            }
            guard let input = inputs[to][toPort] else {
                throw edge.malformed("an edge enters port \(toPort) of \(layers[to].label), which does not exist")
            }
            guard sources[to][input] == nil else {
                throw edge.malformed("two edges enter port \(toPort) of \(layers[to].label)")
            }
            sources[to][input] = Source(layer: from, output: output)
        }
        for (layer, sources) in zip(layers, sources) {
            if let input = sources.firstIndex(where: { $0 == nil }) {
                throw VireoError(.malformedFile, "input \(input) is not connected", in: [layer.place])
            }
        }
        return sources.map { $0.compactMap(\.self) }
    }

    /// The layers that a Result or a variable needs, and every Parameter, so that each comes after those it reads from;
    /// otherwise in the order of the file.
    /// - Throws: `malformedFile` naming the layers of a cycle.
    func evaluationOrder() throws(VireoError) -> [Int] {
        let needed = neededLayers()
        var order: [Int] = []
        var state = [Visit](repeating: .new, count: layers.count)
        for root in layers.indices where needed[root] {
            var path = state[root] == .new ? [root] : []
            while let layer = path.last {
                if state[layer] == .done {
                    path.removeLast()
                    continue
                }
                let isFirstVisit = state[layer] == .new
                state[layer] = .open
                let pending = isFirstVisit ? sources[layer].map(\.layer).filter { state[$0] != .done } : []
                if pending.isEmpty {
                    state[layer] = .done
                    order.append(layer)
                    path.removeLast()
                } else if let start = pending.first(where: { state[$0] == .open }) {
                    throw cycle(path, state, from: start)
                } else {
                    path += pending.reversed()
                }
            }
        }
        return order
    }

    private enum Visit { case new, open, done }

    private func cycle(_ path: [Int], _ state: [Visit], from start: Int) -> VireoError {
        let names = path.drop { $0 != start }.filter { state[$0] == .open }.map { layers[$0].label }
        let shown = names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
        return VireoError(.malformedFile, "the graph has a cycle through \(shown)")
    }

    private func neededLayers() -> [Bool] {
        var needed = [Bool](repeating: false, count: layers.count)
        var queue = layers.indices.filter {
            layers[$0].isResult || layers[$0].isParameter || layers[$0].isAssignment
        }
        while let layer = queue.popLast() {
            guard !needed[layer] else { continue }
            needed[layer] = true
            queue += sources[layer].map(\.layer)
        }
        return needed
    }
}

/// Where the ports of a layer are by their ids, which are consecutive numbers in nearly all files.
private enum PortPlaces {
    case consecutive(from: Int, count: Int)
    case others([Int: Int])

    /// - Parameter ids: natural numbers, no two of them equal.
    init(_ ids: [Int]) {
        let first = ids.first ?? 0
        if ids.indices.allSatisfy({ ids[$0] - first == $0 }) {
            self = .consecutive(from: first, count: ids.count)
        } else {
            self = .others(Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) }))
        }
    }

    subscript(_ id: Int) -> Int? {
        switch self {
        case .consecutive(let first, let count): id >= first && id - first < count ? id - first : nil
        case .others(let places): places[id]
        }
    }
}
