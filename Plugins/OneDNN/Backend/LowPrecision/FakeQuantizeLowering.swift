import CDNNL
import VireoPluginKit
import VireoTensor

/// FakeQuantize-1: a conversion to integers where its levels are 8-bit integers, else arithmetic that rounds in f32.
/// What the kernel before it has rounded already stays where it is.
enum FakeQuantizeLowering: Lowering {
    static func validate(_ node: NodeView, in graph: GraphView) throws {
        let source = try graph.operand(0, of: node)
        guard try graph.result(of: node) == source else {
            throw VireoError(.unsupported, "FakeQuantize that changes the shape \(source)")
        }
        let ranges = try QuantizationRanges(of: node, in: graph)
        if isConstantQuantization(node, in: graph) { return }
        do {
            _ = try Grid(of: node, in: graph)
        } catch {
            guard ranges.inputLow.count == 1, ranges.inputLow[0] < ranges.inputHigh[0] else { throw error }
        }
    }

    static func lower(_ node: NodeView, into plan: PlanBuilder) throws {
        let grid: Grid
        do throws(VireoError) {
            grid = try Grid(of: node, in: plan.graph)
            guard plan.usesIntegers || !grid.isPerTensor else {
                throw VireoError(.unsupported, "integers are switched off")
            }
        } catch {
            plan.note(error.message)
            return try round(node, into: plan)
        }
        let source = try plan.stored(node.inputs[0])
        if source.grid == grid { return alias(node, source, plan) }
        let wanted = try MemoryDescriptor(channelsLast: source.descriptor.dimensions, grid.type)
        let clipped = grid.isWholeType ? source : try clip(node, plan)
        plan.define(node.outputs[0], at: try plan.converted(clipped, to: wanted, on: grid))
    }

    private static func alias(_ node: NodeView, _ source: Place, _ plan: PlanBuilder) {
        plan.define(node.outputs[0], at: source)
        plan.absorb([node])
    }

    /// The numbers within the grid's range, where the conversion to integers would let others through.
    private static func clip(_ node: NodeView, _ plan: PlanBuilder) throws -> Place {
        let ranges = try QuantizationRanges(of: node, in: plan.graph)
        let source = try plan.place(of: node.inputs[0])
        let limits = Elementwise(dnnl_eltwise_clip, alpha: ranges.inputLow[0], beta: ranges.inputHigh[0])
        let kernel = try PrimitiveDescriptor(Operation.elementwise(limits, source.descriptor), on: plan.engine)
        let place = plan.makeBuffer(source.descriptor)
        try plan.emit(kernel, [(DNNL_ARG_SRC, source), (DNNL_ARG_DST, place)])
        return place
    }

    /// Rounds in f32.
    private static func round(_ node: NodeView, into plan: PlanBuilder) throws {
        let ranges = try QuantizationRanges(of: node, in: plan.graph)
        let (low, high) = (ranges.inputLow[0], ranges.inputHigh[0])
        let steps = Float(ranges.levels - 1)
        let scale = (ranges.outputHigh[0] - ranges.outputLow[0]) / steps
        let source = try plan.place(of: node.inputs[0])
        let kernel = try PrimitiveDescriptor(
            Operation.elementwise(Elementwise(dnnl_eltwise_clip, alpha: low, beta: high), source.descriptor),
            [
                .elementwise(.linear(scale: steps / (high - low), shift: -low * (steps / (high - low)))),
                .elementwise(Elementwise(dnnl_eltwise_round)),
                .elementwise(.linear(scale: scale, shift: ranges.outputLow[0])),
            ], on: plan.engine)
        let place = plan.isFree(source, after: [node]) ? source : plan.makeBuffer(source.descriptor)
        try plan.emit(kernel, [(DNNL_ARG_SRC, source), (DNNL_ARG_DST, place)])
        plan.define(node.outputs[0], at: place)
    }
}
