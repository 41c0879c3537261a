import CDNNL
import VireoPluginKit
import VireoTensor

/// Functions of one number: see `Elementwise`. They overwrite their input where nobody else reads it.
enum ElementwiseLowering: Lowering {
    static func validate(_ node: NodeView, in graph: GraphView) throws {
        let source = try graph.operand(0, of: node)
        guard try graph.result(of: node) == source else {
            throw VireoError(.unsupported, "\(node.opType) that changes the shape \(source)")
        }
        guard Elementwise.match(node, in: graph) != nil else {
            throw VireoError(.unsupported, "\(node.opType) with a parameter that is missing or not a constant scalar")
        }
    }

    static func lower(_ node: NodeView, into plan: PlanBuilder) throws {
        guard let match = Elementwise.match(node, in: plan.graph) else {
            throw VireoError(.internalError, "\(node.opType) changed after it was validated")
        }
        try lower(match.function, of: match.value, for: node, into: plan)
    }

    static func lower(
        _ function: Elementwise, of value: Int, for node: NodeView, into plan: PlanBuilder
    ) throws {
        let (source, kernel) = try plan.placeWithKernel(of: value, as: nil) { layout in
            try PrimitiveDescriptor(Operation.elementwise(function, layout), on: plan.engine)
        }
        let place = plan.isFree(source, after: [node]) ? source : plan.makeBuffer(source.descriptor)
        try plan.emit(kernel, [(DNNL_ARG_SRC, source), (DNNL_ARG_DST, place)])
        plan.define(node.outputs[0], at: place)
        // The same function of the same value, for other readers.
        let twins = plan.graph.values[value].consumers.map { plan.graph.nodes[$0] }.filter { twin in
            guard twin.index != node.index, !plan.isPlaced(twin.outputs[0]) else { return false }
            return Elementwise.match(twin, in: plan.graph).map { $0.function == function && $0.value == value } ?? false
        }
        for twin in twins { plan.define(twin.outputs[0], at: place) }
        plan.absorb(twins)
    }
}

/// PReLU-1 with a slope for each channel (or any constant that broadcasts).
enum PReLULowering: Lowering {
    static func validate(_ node: NodeView, in graph: GraphView) throws {
        if Elementwise.match(node, in: graph) != nil { return }
        let source = try graph.operand(0, of: node)
        _ = try slopes(node, in: graph, for: source)
        guard try graph.result(of: node) == source else {
            throw VireoError(.unsupported, "PReLU that changes the shape \(source)")
        }
    }

    static func lower(_ node: NodeView, into plan: PlanBuilder) throws {
        if Elementwise.match(node, in: plan.graph) != nil { return try ElementwiseLowering.lower(node, into: plan) }
        let extents = try slopes(node, in: plan.graph, for: plan.graph.operand(0, of: node))
        let given = try plan.rowMajor(node.inputs[1])
        let plain = Place(buffer: given.buffer, descriptor: try MemoryDescriptor(rowMajor: extents))
        let (source, kernel) = try plan.placeWithKernel(of: node.inputs[0]) { layout in
            try PrimitiveDescriptor(
                Operation.prelu(layout, slopes: .init(anyLayout: extents)), on: plan.engine)
        }
        let slopes = plain.descriptor.matches(kernel.weights) ? plain : try plan.copied(plain, to: kernel.weights)
        let place = plan.makeBuffer(source.descriptor)
        try plan.emit(kernel, [(DNNL_ARG_SRC, source), (DNNL_ARG_WEIGHTS, slopes), (DNNL_ARG_DST, place)])
        plan.define(node.outputs[0], at: place)
    }

    /// The extents of the slopes at the data's rank: a list belongs to axis 1, anything else broadcasts from the right.
    private static func slopes(_ node: NodeView, in graph: GraphView, for source: [Int]) throws -> [Int] {
        let given = try graph.operand(1, of: node)
        var extents = [Int](repeating: 1, count: max(source.count - given.count, 0)) + given
        if given.count == 1, source.count >= 2, given[0] == source[1] {
            extents = source.indices.map { $0 == 1 ? given[0] : 1 }
        }
        guard extents.count == source.count, zip(extents, source).allSatisfy({ $0 == 1 || $0 == $1 }) else {
            throw VireoError(.unsupported, "PReLU of \(source) with slopes \(given)")
        }
        return extents
    }
}
