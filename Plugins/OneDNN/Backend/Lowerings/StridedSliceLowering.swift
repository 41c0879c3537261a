import CDNNL
import VireoPluginKit
import VireoTensor

/// StridedSlice-1 with steps of one that keeps every axis: a copy of a region.
enum StridedSliceLowering: Lowering {
    static func validate(_ node: NodeView, in graph: GraphView) throws { _ = try offsets(node, graph) }

    static func lower(_ node: NodeView, into plan: PlanBuilder) throws {
        if Subsampling.takes(node, in: plan.graph) { return plan.postpone(node) }
        let extents = try plan.graph.result(of: node)
        let offsets = try offsets(node, plan.graph)
        var whole = try plan.place(of: node.inputs[0])
        if whole.descriptor.region(of: extents, at: offsets) == nil { whole = try plan.rowMajor(node.inputs[0]) }
        guard let region = whole.descriptor.region(of: extents, at: offsets) else {
            throw VireoError(.internalError, "no region \(extents) at \(offsets)")
        }
        let part = Place(buffer: whole.buffer, descriptor: region)
        plan.define(node.outputs[0], at: try plan.copied(part, to: whole.descriptor.sameLayout(for: extents)))
    }

    /// Where the region begins. Its extents are the result's.
    static func offsets(_ node: NodeView, _ graph: GraphView) throws -> [Int] {
        let source = try graph.operand(0, of: node)
        let result = try graph.result(of: node)
        for key in ["new_axis_mask", "shrink_axis_mask", "ellipsis_mask"] {
            guard try mask(key, node).allSatisfy({ $0 == 0 }) else {
                throw VireoError(.unsupported, "a slice that adds or removes axes")
            }
        }
        let begin = try graph.integers(1, of: node)
        if node.inputs.count > 3, node.inputs[3] >= 0 {
            guard try graph.integers(3, of: node).allSatisfy({ $0 == 1 }) else {
                throw VireoError(.unsupported, "a slice with steps other than 1")
            }
        }
        guard !source.isEmpty, result.count == source.count, begin.count <= source.count else {
            throw VireoError(.unsupported, "a slice of \(source) to \(result)")
        }
        let ignored = try mask("begin_mask", node)
        let offsets = source.indices.map { axis -> Int in
            guard axis < begin.count, axis >= ignored.count || ignored[axis] == 0 else { return 0 }
            let counted = begin[axis] < 0 ? begin[axis] &+ source[axis] : begin[axis]
            return min(max(counted, 0), source[axis])
        }
        guard source.indices.allSatisfy({ result[$0] <= source[$0] - offsets[$0] }) else {
            throw VireoError(.unsupported, "a slice of \(source) at \(offsets) to \(result)")
        }
        return offsets
    }

    private static func mask(_ key: String, _ node: NodeView) throws -> [Int] {
        node.attributes[key] == nil ? [] : try node.integers(key)
    }
}
