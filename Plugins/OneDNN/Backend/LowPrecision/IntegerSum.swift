import CDNNL
import VireoPluginKit
import VireoTensor

/// The sum of two tensors of integers.
enum IntegerSum {
    /// Adds the step when both operands of an Add are integers with one scale each.
    /// - Returns: whether it did.
    static func lower(_ node: NodeView, into plan: PlanBuilder) throws -> Bool {
        guard node.opType == "Add", plan.usesIntegers else { return false }
        let operands = try node.inputs.map { try plan.stored($0) }
        let grids = operands.compactMap(\.grid).filter(\.isPerTensor)
        let extents = try plan.graph.result(of: node)
        guard grids.count == 2, operands.allSatisfy({ $0.descriptor.dimensions == extents }) else { return false }
        let tail = Tail.functions(after: node.outputs[0], in: plan.graph)
        let clips = tail.functions.compactMap(Clip.init)
        let areClips = clips.count == tail.functions.count
        let grid = plan.rounding[tail.output].flatMap { $0.isPerTensor && areClips ? $0 : nil }
        // The sum is made in units of what is stored: oneDNN 2.6 gets two linear functions after an integer sum wrong.
        let unit = grid?.scales[0] ?? 1
        let scales = grids.map { $0.scales[0] / unit }
        let zero = zip(scales, grids).reduce(Float(grid?.zeroPoint ?? 0)) { $0 - $1.0 * Float($1.1.zeroPoint) }
        var operations: [Elementwise] = zero == 0 ? [] : [.linear(scale: 1, shift: zero)]
        if let grid {
            let clip = clips.reduce(Clip.everything) { $0.followed(by: $1) }
                .scaled(by: 1 / unit, shift: Float(grid.zeroPoint)).within(grid)
            if let function = clip.function { operations.append(function) }
        } else {
            operations += tail.functions
        }
        let layout = operands[0].descriptor
        let kernel = try PrimitiveDescriptor(
            Operation.binary(
                dnnl_binary_add, layout, layout.with(grids[1].type), destination: layout.with(grid?.type ?? .f32)),
            operations.map { .elementwise($0) }, Scaling(operandScales: scales), on: plan.engine)
        let second = try plan.stored(operands[1], as: layout.with(grids[1].type))
        var place = plan.makeBuffer(kernel.destination)
        place.grid = grid
        try plan.emit(kernel, [(DNNL_ARG_SRC_0, operands[0]), (DNNL_ARG_SRC_1, second), (DNNL_ARG_DST, place)])
        plan.absorb(tail.nodes)
        plan.define(tail.output, at: place)
        return true
    }
}
