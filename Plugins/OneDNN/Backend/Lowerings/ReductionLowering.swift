import CDNNL
import VireoPluginKit
import VireoTensor

/// ReduceMean, ReduceSum, ReduceMax and ReduceMin over constant axes. Means and maxima of whole images are poolings,
/// which have better kernels.
enum ReductionLowering: Lowering {
    static func validate(_ node: NodeView, in graph: GraphView) throws {
        let source = try graph.operand(0, of: node)
        let axes = try axes(node, graph)
        let expected =
            try node.boolean("keep_dims")
            ? source.indices.map { axes.contains($0) ? 1 : source[$0] }
            : source.indices.filter { !axes.contains($0) }.map { source[$0] }
        guard try graph.result(of: node) == expected else {
            throw VireoError(.unsupported, "\(node.opType) of \(source) to \(try graph.result(of: node))")
        }
    }

    static func lower(_ node: NodeView, into plan: PlanBuilder) throws {
        let extents = try plan.graph.operand(0, of: node)
        let axes = try axes(node, plan.graph)
        let reduced = extents.indices.map { axes.contains($0) ? 1 : extents[$0] }
        if reduced == extents { return try ReshapeLowering.lower(node, into: plan) }
        let (source, kernel) = try plan.placeWithKernel(of: node.inputs[0]) { layout in
            let free = try MemoryDescriptor(anyLayout: reduced)
            if let pooling = pooling(node), (3...5).contains(extents.count), axes == Set(2..<extents.count) {
                let window = Window(covering: Array(extents.dropFirst(2)))
                return try PrimitiveDescriptor(
                    Operation.pooling(pooling, source: layout, destination: free, window: window), on: plan.engine)
            }
            return try PrimitiveDescriptor(
                Operation.reduction(reduction(node), source: layout, destination: free), on: plan.engine)
        }
        let kept = plan.makeBuffer(kernel.destination)
        try plan.emit(kernel, [(DNNL_ARG_SRC, source), (DNNL_ARG_DST, kept)])
        if try node.boolean("keep_dims") { return plan.define(node.outputs[0], at: kept) }
        let plain = try plan.inLayout(kept, MemoryDescriptor(rowMajor: reduced))
        let result = try MemoryDescriptor(rowMajor: plan.graph.result(of: node))
        plan.define(node.outputs[0], at: Place(buffer: plain.buffer, descriptor: result))
    }

    private static func axes(_ node: NodeView, _ graph: GraphView) throws -> Set<Int> {
        let rank = try graph.operand(0, of: node).count
        return Set(try normalized(axes: graph.integers(1, of: node), rank: rank))
    }

    private static func pooling(_ node: NodeView) -> dnnl_alg_kind_t? {
        switch node.opType {
        case "ReduceMean": dnnl_pooling_avg_include_padding
        case "ReduceMax": dnnl_pooling_max
        default: nil
        }
    }

    private static func reduction(_ node: NodeView) -> dnnl_alg_kind_t {
        switch node.opType {
        case "ReduceMean": dnnl_reduction_mean
        case "ReduceMax": dnnl_reduction_max
        case "ReduceMin": dnnl_reduction_min
        default: dnnl_reduction_sum
        }
    }
}
