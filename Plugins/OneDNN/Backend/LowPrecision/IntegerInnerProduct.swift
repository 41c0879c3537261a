import CDNNL
import VireoPluginKit
import VireoTensor

/// Matrix products of integers with integer weights.
enum IntegerInnerProduct {
    /// Adds the steps that multiply input 0 of `node`, as `rows` rows, by input 1.
    /// - Parameter isTransposed: whether the weights are `[O,I]`, as they lie in the constant, and not `[I,O]`.
    /// - Throws: `unsupported` with the reason why it is computed in f32.
    static func lower(
        _ node: NodeView, rows: Int, isTransposed: Bool, _ tail: Tail, into plan: PlanBuilder
    ) throws {
        let source = try plan.storedRowMajor(node.inputs[0])
        guard let grid = source.grid else { throw VireoError(.unsupported, "the input is not quantized") }
        guard grid.isPerTensor else { throw VireoError(.unsupported, "the input has a scale for each channel") }
        guard grid.zeroPoint == 0 else { throw VireoError(.unsupported, "the input's zero is not 0") }
        guard let quantized = plan.quantizedWeights(node.inputs[1]) else {
            throw VireoError(.unsupported, "the weights are not quantized")
        }
        let shape = try plan.graph.operand(1, of: node)
        let (width, depth) = isTransposed ? (shape[0], shape[1]) : (shape[1], shape[0])
        let weights = try quantized.integers(outputAxes: isTransposed ? 0..<1 : 1..<2)
        let matrix = Place(
            buffer: source.buffer, descriptor: try .init(rowMajor: [rows, depth], grid.type), grid: grid)
        let problem = IntegerProduct(
            node: node, source: matrix, weights: weights, sums: weights.scales.map { $0 * grid.scales[0] }, tail: tail)
        let strides = isTransposed ? [depth, 1] : [1, width]
        try problem.emit(
            weightShape: [width, depth], weightStrides: strides, resultShape: plan.graph.result(of: node), into: plan
        ) { epilogue, destinationType in
            try PrimitiveDescriptor(
                Operation.innerProduct(
                    source: matrix.descriptor, weights: .init(anyLayout: [width, depth], .s8),
                    bias: epilogue.bias.map { try .init(rowMajor: [$0.count]) },
                    destination: .init(rowMajor: [rows, width], destinationType)),
                epilogue.postOperations, epilogue.scaling, on: plan.engine)
        }
    }
}
