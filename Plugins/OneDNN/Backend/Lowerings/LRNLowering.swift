import CDNNL
import VireoPluginKit
import VireoTensor

/// LRN-1 across channels (axes 1) or over a window in each channel (the spatial axes). The IR's and oneDNN's alpha are
/// the same number: both divide it by the number of summands.
enum LRNLowering: Lowering {
    static func validate(_ node: NodeView, in graph: GraphView) throws {
        let source = try graph.operand(0, of: node)
        guard (3...5).contains(source.count), try graph.result(of: node) == source else {
            throw VireoError(.unsupported, "a local response normalization of rank \(source.count)")
        }
        _ = try algorithm(node, graph)
        let size = try node.integer("size")
        guard size >= 1, size % 2 == 1 else {
            throw VireoError(.unsupported, "a local response normalization over \(size) elements, not an odd number")
        }
        for key in ["alpha", "beta", "bias"] { _ = try node.number(key) }
    }

    static func lower(_ node: NodeView, into plan: PlanBuilder) throws {
        let (source, kernel) = try plan.placeWithKernel(of: node.inputs[0]) { layout in
            try PrimitiveDescriptor(
                Operation.localResponse(
                    algorithm(node, plan.graph), layout, size: node.integer("size"),
                    alpha: Float(node.number("alpha")), beta: Float(node.number("beta")),
                    bias: Float(node.number("bias"))), on: plan.engine)
        }
        let place = plan.makeBuffer(source.descriptor)
        try plan.emit(kernel, [(DNNL_ARG_SRC, source), (DNNL_ARG_DST, place)])
        plan.define(node.outputs[0], at: place)
    }

    private static func algorithm(_ node: NodeView, _ graph: GraphView) throws -> dnnl_alg_kind_t {
        let rank = try graph.operand(0, of: node).count
        let axes = try normalized(axes: graph.integers(1, of: node), rank: rank)
        if axes == [1] { return dnnl_lrn_across_channels }
        if rank == 4, axes.sorted() == [2, 3] { return dnnl_lrn_within_channel }
        throw VireoError(.unsupported, "a local response normalization over the axes \(axes)")
    }
}
