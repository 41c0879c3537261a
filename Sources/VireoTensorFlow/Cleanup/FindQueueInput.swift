import VireoTensor

/// In a graph without a Placeholder the images come out of a queue. The queue that the network reads becomes the
/// model's inputs, with the element types and shapes that it declares. The size of the training batch is left open,
/// also where a Reshape has it in its target.
struct FindQueueInput: GraphCleanup {
    func apply(to graph: GraphDef, _ options: ConversionOptions, notes: inout [String]) throws -> GraphDef {
        guard options.inputs.isEmpty, !graph.nodes.contains(where: { $0.op == "Placeholder" }) else { return graph }
        let dequeues = graph.nodes.filter { $0.op.hasPrefix("QueueDequeue") }
        guard !dequeues.isEmpty else { return graph }
        let consumers = graph.consumers()
        let last = dequeues.filter { !feedsQueue($0, graph, consumers) }
        guard last.count == 1 else {
            throw VireoError(
                .invalidArgument, "the graph has no Placeholder, and \(last.count) queues feed it",
                remedy: "name the tensor that the images come from with --input, such as --input "
                    + (last.first ?? dequeues[0]).name + ":0", faq: 27)
        }
        let dequeue = last[0]
        guard let queue = dequeue.inputs.first.flatMap({ graph.origin(of: $0) }) else { return graph }
        let types = try dequeue.types("component_types", default: queue.types("component_types", default: []))
        let shapes = try queue.shapes("shapes", default: [])
        var placeholders: [NodeDef] = []
        var redirections: [TensorRef: TensorRef] = [:]
        var batch: Int?
        for (port, type) in types.enumerated() {
            let name = port == 0 ? dequeue.name : "\(dequeue.name)/component_\(port)"
            var shape = port < shapes.count ? shapes[port] : .unranked
            if var dimensions = shape.dimensions {
                if dequeue.op.contains("Many") || dequeue.op.contains("UpTo") { dimensions.insert(.dynamic, at: 0) }
                if port == 0 { batch = dimensions.first?.value }
                if !dimensions.isEmpty { dimensions[0] = .dynamic }
                shape = .ranked(dimensions)
            }
            placeholders.append(
                NodeDef(name, op: "Placeholder", attributes: ["dtype": .type(type), "shape": .shape(shape)]))
            if port > 0 { redirections[TensorRef(dequeue.name, port: port)] = TensorRef(name) }
        }
        guard let first = placeholders.first else { return graph }
        notes.append("the graph has no Placeholder: its input is \"\(dequeue.name)\", which reads a queue")
        let (reshapes, targets) = try batch.map { try openReshapes(to: $0, graph) } ?? ([:], [])
        return try graph.rewritten(
            replacing: reshapes.merging([dequeue.name: first]) { $1 }, redirecting: redirections,
            adding: placeholders.dropFirst() + targets)
    }

    /// Every Reshape to a constant shape that begins with the training batch, with -1 in its place, and the new shapes.
    private func openReshapes(
        to batch: Int, _ graph: GraphDef
    ) throws -> (reshapes: [String: NodeDef], targets: [NodeDef]) {
        var reshapes: [String: NodeDef] = [:]
        var targets: [NodeDef] = []
        for node in graph.nodes where node.op == "Reshape" && node.inputs.count == 2 {
            guard let shape = graph.origin(of: node.inputs[1]), shape.op == "Const",
                var extents = try? shape.tensor("value").tensor().integers(), extents.count > 1, extents[0] == batch,
                !extents.contains(-1)
            else { continue }
            extents[0] = -1
            let target = NodeDef("\(node.name)/shape_of_any_batch", op: "Const")
            targets.append(try target.constant(Tensor(extents.map { Int64($0) })))
            reshapes[node.name] = NodeDef(
                node.name, op: node.op, inputs: [node.inputs[0], TensorRef(target.name)],
                controlInputs: node.controlInputs, attributes: node.attributes)
        }
        return (reshapes, targets)
    }

    /// Whether what the node gives goes into another queue.
    private func feedsQueue(_ node: NodeDef, _ graph: GraphDef, _ consumers: [[Int]]) -> Bool {
        var seen: Set<Int> = []
        var pending = graph.index(of: node.name).map { [$0] } ?? []
        while let index = pending.popLast() {
            guard seen.insert(index).inserted else { continue }
            if graph.nodes[index].op.hasPrefix("QueueEnqueue") { return true }
            pending += consumers[index]
        }
        return false
    }
}
