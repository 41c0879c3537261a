import CDNNL
import VireoPluginKit
import VireoTensor

/// Convolutions of integers with integer weights, with bias, residual, activations and rounding inside.
enum IntegerConvolution {
    /// Adds the convolution's step.
    /// - Throws: `unsupported` with the reason why it is computed in f32.
    static func lower(_ node: NodeView, window: Window, into plan: PlanBuilder) throws {
        let source = try plan.stored(node.inputs[0])
        guard let grid = source.grid else { throw VireoError(.unsupported, "the input is not quantized") }
        guard let quantized = plan.quantizedWeights(node.inputs[1]) else {
            throw VireoError(.unsupported, "the weights are not quantized")
        }
        let shape = try plan.graph.operand(1, of: node)
        let extents = (source: try plan.graph.operand(0, of: node), result: try plan.graph.result(of: node))
        let isGrouped = node.opType == "GroupConvolution"
        let outputAxes = 0..<(isGrouped ? 2 : 1)
        let weights = try quantized.integers(outputAxes: outputAxes)
        let sums = try sums(grid, weights.scales, shape, isGrouped)
        let tail = Tail(of: node, in: plan, channelAxis: 1, abilities: [.bias, .residual])
        func emit(
            _ source: Place, _ extent: [Int], _ weights: QuantizedWeights.Integers, _ shape: [Int], _ window: Window
        ) throws {
            let problem = IntegerProduct(node: node, source: source, weights: weights, sums: sums, tail: tail)
            try problem.emit(weightShape: shape, into: plan) { epilogue, destinationType in
                try PrimitiveDescriptor(
                    Operation.convolution(
                        dnnl_convolution_direct, source: .init(anyLayout: extent, grid.type),
                        weights: .init(anyLayout: shape, .s8),
                        bias: epilogue.bias.map { try .init(rowMajor: [$0.count]) },
                        destination: .init(channelsLast: extents.result, destinationType), window: window),
                    epilogue.postOperations, epilogue.scaling, on: plan.engine)
            }
        }
        guard !isGrouped, HostProcessor.has("avx512_vnni"),
            let unfolded = UnfoldedConvolution(window, from: extents.source, to: extents.result, grid.type)
        else { return try emit(source, extents.source, weights, shape, window) }
        let image = try plan.stored(source, as: .init(channelsLast: extents.source, grid.type))
        try emit(
            unfolded.emit(image, into: plan), unfolded.dimensions,
            .init(elements: unfolded.rearranged(weights.elements), scales: weights.scales),
            unfolded.weightShape, unfolded.window)
    }

    /// What one unit of each output's sum stands for.
    private static func sums(
        _ grid: Grid, _ scales: [Float], _ weights: [Int], _ isGrouped: Bool
    ) throws(VireoError) -> [Float] {
        if grid.isPerTensor { return scales.map { $0 * grid.scales[0] } }
        guard isGrouped, weights[2] == 1 else {
            throw VireoError(.unsupported, "the input has a scale for each channel, and channels are summed")
        }
        return scales.indices.map { scales[$0] * grid.scales[$0 / weights[1]] }
    }
}
