import CDNNL
import VireoPluginKit
import VireoTensor

/// A matrix times constant weights, with bias, residual sum and activations inside.
enum InnerProduct {
    /// Adds the steps that multiply input 0 of `node`, as `rows` rows, by input 1.
    /// - Parameter weights: `[O,I]`, as they lie in the constant.
    static func lower(
        _ node: NodeView, rows: Int, weights: MemoryDescriptor, _ tail: Tail, into plan: PlanBuilder
    ) throws {
        let (width, depth) = (weights.dimensions[0], weights.dimensions[1])
        // One row reads every weight once: that is as fast from where they are as from a packed copy, which would have to
        // be made first.
        let layout = rows == 1 ? weights : try MemoryDescriptor(anyLayout: [width, depth])
        let kernel = try PrimitiveDescriptor(
            Operation.innerProduct(
                source: .init(rowMajor: [rows, depth]), weights: layout,
                bias: tail.bias.map { try .init(rowMajor: [$0.count]) }, destination: .init(rowMajor: [rows, width])),
            (tail.residual == nil ? [] : [.sum]) + tail.functions.map { .elementwise($0) }, on: plan.engine)
        let source = Place(
            buffer: try plan.rowMajor(node.inputs[0]).buffer, descriptor: try .init(rowMajor: [rows, depth]))
        let given = Place(buffer: try plan.place(of: node.inputs[1]).buffer, descriptor: weights)
        var arguments = [
            (DNNL_ARG_SRC, source), (DNNL_ARG_WEIGHTS, try plan.inLayout(given, kernel.weights)),
        ]
        if let bias = tail.bias {
            arguments.append((DNNL_ARG_BIAS, try plan.constant(bias, MemoryDescriptor(rowMajor: [bias.count]))))
        }
        let destination = try plan.destination(
            MemoryDescriptor(rowMajor: plan.graph.result(of: node)), adding: tail.residual, from: source,
            for: [node] + tail.nodes)
        let result = Place(buffer: destination.buffer, descriptor: kernel.destination)
        try plan.emit(kernel, arguments + [(DNNL_ARG_DST, result)])
        plan.absorb(tail.nodes)
        plan.define(tail.output, at: destination)
    }
}
