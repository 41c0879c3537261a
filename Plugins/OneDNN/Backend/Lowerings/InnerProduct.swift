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
        // One row reads every weight once: that is as fast from where they are as from a packed copy, which would have
        // to be made first.
        let type = plan.options.floatingType
        let layout =
            rows == 1 && type == .f32 ? weights : try MemoryDescriptor(anyLayout: [width, depth], type)
        let resultType = plan.resultType(of: tail.output)
        let kernel = try PrimitiveDescriptor(
            Operation.innerProduct(
                source: .init(rowMajor: [rows, depth], type), weights: layout,
                bias: tail.bias.map { try .init(rowMajor: [$0.count]) },
                destination: .init(rowMajor: [rows, width], resultType)),
            (tail.residual == nil ? [] : [.sum]) + tail.functions.map { .elementwise($0) }, on: plan.engine)
        let matrix = try plan.floating(
            node.inputs[0], as: .init(rowMajor: plan.graph.operand(0, of: node), type))
        let source = Place(buffer: matrix.buffer, descriptor: try .init(rowMajor: [rows, depth], type))
        let given = Place(buffer: try plan.place(of: node.inputs[1]).buffer, descriptor: weights)
        var arguments = [
            (DNNL_ARG_SRC, source), (DNNL_ARG_WEIGHTS, try plan.inLayout(given, kernel.weights)),
        ]
        if let bias = tail.bias {
            arguments.append((DNNL_ARG_BIAS, try plan.constant(bias, MemoryDescriptor(rowMajor: [bias.count]))))
        }
        let destination = try plan.destination(
            MemoryDescriptor(rowMajor: plan.graph.result(of: node), resultType), adding: tail.residual, from: source,
            for: [node] + tail.nodes)
        let result = Place(buffer: destination.buffer, descriptor: kernel.destination)
        try plan.emit(kernel, arguments + [(DNNL_ARG_DST, result)])
        plan.absorb(tail.nodes)
        plan.define(tail.output, at: destination)
    }
}
