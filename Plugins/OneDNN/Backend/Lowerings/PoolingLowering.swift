import CDNNL
import VireoPluginKit
import VireoTensor

/// MaxPool (opset 1, and 8 without indices) and AvgPool-1, in the producer's layout.
enum PoolingLowering: Lowering {
    static func validate(_ node: NodeView, in graph: GraphView) throws {
        let source = try graph.operand(0, of: node)
        let result = try graph.result(of: node)
        guard source.count >= 3, result.count == source.count, source[0] == result[0], source[1] == result[1] else {
            throw VireoError(.unsupported, "a pooling of \(source) to \(result)")
        }
        if node.opType == "MaxPool", node.outputs.count > 1, isUsed(node.outputs[1], in: graph) {
            throw VireoError(.unsupported, "the indices of a maximum pooling")
        }
        _ = try window(node, source, result)
        _ = try algorithm(node)
    }

    /// Whether oneDNN can pool so, with pads that were not in the graph.
    static func canLower(_ node: NodeView, in graph: GraphView) -> Bool { (try? validate(node, in: graph)) != nil }

    static func lower(_ given: NodeView, into plan: PlanBuilder) throws {
        if let sampling = Subsampling(given, in: plan.graph) { return try sampling.lower(into: plan) }
        let (node, pad) = try PadLowering.merged(given, plan)
        if let pad { plan.absorb([pad]) }
        let source = try plan.graph.operand(0, of: node)
        let result = try plan.graph.result(of: node)
        try lower(
            node.inputs[0], to: node.outputs[0], result, algorithm(node), window(node, source, result), into: plan)
    }

    /// Adds the step that pools `value`, for operations that are poolings by another name.
    static func lower(
        _ value: Int, to output: Int, _ result: [Int], _ algorithm: dnnl_alg_kind_t, _ window: Window,
        into plan: PlanBuilder
    ) throws {
        func kernel(_ layout: MemoryDescriptor) throws -> PrimitiveDescriptor {
            try PrimitiveDescriptor(
                Operation.pooling(
                    algorithm, source: layout, destination: .init(anyLayout: result, layout.type), window: window),
                on: plan.engine)
        }
        let stored = try plan.stored(value)
        if let grid = stored.grid, keepsGrid(algorithm, window, grid, plan.rounding[output]),
            case let kernel = try kernel(stored.descriptor), !kernel.isReference
        {
            var place = plan.makeBuffer(kernel.destination)
            place.grid = grid
            try plan.emit(kernel, [(DNNL_ARG_SRC, stored), (DNNL_ARG_DST, place)])
            return plan.define(output, at: place)
        }
        let (source, kernel) = try plan.placeWithKernel(of: value, as: nil, kernel)
        let place = plan.makeBuffer(kernel.destination)
        try plan.emit(kernel, [(DNNL_ARG_SRC, source), (DNNL_ARG_DST, place)])
        plan.define(output, at: place)
    }

    /// Whether pooling the integers gives the integers of the result: of maxima always, of averages when they are
    /// rounded to the same grid.
    private static func keepsGrid(
        _ algorithm: dnnl_alg_kind_t, _ window: Window, _ grid: Grid, _ wanted: Grid?
    ) -> Bool {
        if algorithm == dnnl_pooling_max { return true }
        let countsPads = algorithm == dnnl_pooling_avg_include_padding && !window.isUnpadded
        return wanted == grid && (grid.zeroPoint == 0 || !countsPads)
    }

    private static func algorithm(_ node: NodeView) throws -> dnnl_alg_kind_t {
        if node.opType == "MaxPool" { return dnnl_pooling_max }
        return try node.boolean("exclude-pad") ? dnnl_pooling_avg_exclude_padding : dnnl_pooling_avg_include_padding
    }

    private static func window(_ node: NodeView, _ source: [Int], _ result: [Int]) throws -> Window {
        var window = try Window(kernel: node.integers("kernel"), of: node)
        let given = window.padsEnd
        try window.fit(input: Array(source.dropFirst(2)), output: Array(result.dropFirst(2)), growsPads: true)
        let averagesPads = try algorithm(node) == dnnl_pooling_avg_include_padding
        if averagesPads, window.padsEnd != given {
            throw VireoError(.unsupported, "an average that counts padding, with an output size rounded up")
        }
        for axis in window.kernel.indices {
            let reach = (window.kernel[axis] - 1) * window.dilations[axis] + 1
            guard window.padsBegin[axis] < reach, window.padsEnd[axis] < reach else {
                throw VireoError(
                    .unsupported,
                    "a window of \(reach) that can lie in padding of "
                        + "\(window.padsBegin[axis]) and \(window.padsEnd[axis]) alone")
            }
        }
        return window
    }
}
