import CDNNL
import OneDNNKernels
import VireoPluginKit
import VireoTensor

/// A matrix times constant weights, with bias, residual sum and activations inside.
enum InnerProduct {
    /// Adds the steps that multiply input 0 of `node`, as `rows` rows, by input 1.
    /// - Parameter weights: `[O,I]`, as they lie in the constant.
    static func lower(
        _ node: NodeView, rows: Int, weights: MemoryDescriptor, _ tail: Tail, into plan: PlanBuilder
    ) throws {
        if try lowerOneRow(node, rows: rows, weights: weights, tail, into: plan) { return }
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

    /// Multiplies one row by weights that lie row by row, with a kernel of the plugin's own.
    /// - Returns: false where it is another product, or more has to be done to the sums than adding and clamping.
    private static func lowerOneRow(
        _ node: NodeView, rows: Int, weights: MemoryDescriptor, _ tail: Tail, into plan: PlanBuilder
    ) throws -> Bool {
        guard rows == 1, plan.options.floatingType == .f32, weights.isRowMajor, weights.offset == 0,
            tail.residual == nil, let range = tail.range
        else { return false }
        let vector = try plan.place(of: node.inputs[0], as: .init(rowMajor: plan.graph.operand(0, of: node)))
        let matrix = try plan.inLayout(
            Place(buffer: try plan.place(of: node.inputs[1]).buffer, descriptor: weights), weights)
        let result = plan.makeBuffer(try MemoryDescriptor(rowMajor: plan.graph.result(of: node)))
        let bias = try tail.bias.map { try plan.constant($0, MemoryDescriptor(rowMajor: [$0.count])) }
        plan.emit(
            VectorProduct(
                rows: weights.dimensions[0], columns: weights.dimensions[1], range: range, hasBias: bias != nil),
            [matrix, vector, result] + [bias].compactMap { $0 })
        plan.absorb(tail.nodes)
        plan.define(tail.output, at: result)
        return true
    }

    private struct VectorProduct: NativeKernel {
        let rows: Int
        let columns: Int
        let range: ClosedRange<Float>
        let hasBias: Bool

        var name: String { "vector_product_f32" }

        func run(_ operand: (Int) -> UnsafeMutablePointer<Float>) {
            vireo_multiply_vector(
                operand(0), rows, columns, operand(1), hasBias ? operand(3) : nil, range.lowerBound, range.upperBound,
                operand(2))
        }
    }
}
