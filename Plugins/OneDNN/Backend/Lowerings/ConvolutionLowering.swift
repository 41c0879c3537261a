import CDNNL
import VireoPluginKit
import VireoTensor

/// Convolution-1 and GroupConvolution-1: direct or Winograd convolutions in the layout that oneDNN likes best, with bias,
/// residual sum and activations inside.
enum ConvolutionLowering: Lowering {
    static func validate(_ node: NodeView, in graph: GraphView) throws {
        let source = try graph.operand(0, of: node)
        let weights = try graph.operand(1, of: node)
        let result = try graph.result(of: node)
        let isGrouped = node.opType == "GroupConvolution"
        let spatialRank = source.count - 2
        guard spatialRank >= 1, result.count == source.count, weights.count == source.count + (isGrouped ? 1 : 0) else {
            throw VireoError(.unsupported, "a convolution of \(source) with weights \(weights) to \(result)")
        }
        let groups = isGrouped ? weights[0] : 1
        let channels = weights[weights.count - spatialRank - 2] * groups
        guard weights[weights.count - spatialRank - 1] * groups == source[1], channels == result[1],
            source[0] == result[0]
        else { throw VireoError(.unsupported, "weights \(weights) that do not take \(source) to \(result)") }
        _ = try window(node, weights, source, result)
    }

    static func lower(_ node: NodeView, into plan: PlanBuilder) throws {
        if try isFullyConnected(node, in: plan.graph) {
            let weights = try plan.graph.operand(1, of: node)
            return try InnerProduct.lower(
                node, rows: 1, weights: .init(rowMajor: [weights[0], weights.dropFirst().reduce(1, *)]),
                Tail(of: node, in: plan, channelAxis: 1, abilities: [.bias, .residual]), into: plan)
        }
        let whole = Tail(of: node, in: plan, channelAxis: 1, abilities: [.bias, .residual])
        let made = try kernel(node, whole, plan)
        if made.isReference {
            let bare = Tail(of: node, in: plan, channelAxis: 1, abilities: .bias, withFunctions: false)
            let plain = try kernel(node, bare, plan)
            if !plain.isReference { return try emit(node, bare, plain, plan) }
        }
        if let winograd = try winograd(node, whole, insteadOf: made, plan) {
            return try emit(node, whole, winograd, plan, dnnl_convolution_winograd)
        }
        try emit(node, whole, made, plan)
    }

    /// Whether one image becomes one number a channel, each of which depends on the whole image.
    private static func isFullyConnected(_ node: NodeView, in graph: GraphView) throws -> Bool {
        let source = try graph.operand(0, of: node)
        let weights = try graph.operand(1, of: node)
        let result = try graph.result(of: node)
        let window = try window(node, weights, source, result)
        return node.opType == "Convolution" && source[0] == 1 && graph.input(1, of: node).constant != nil
            && weights.dropFirst(2) == source.dropFirst(2) && result.dropFirst(2).allSatisfy { $0 == 1 }
            && window.isUnpadded
    }

    /// The Winograd kernel, where it is allowed and was measured to be faster.
    private static func winograd(
        _ node: NodeView, _ tail: Tail, insteadOf direct: PrimitiveDescriptor, _ plan: PlanBuilder
    ) throws -> PrimitiveDescriptor? {
        let source = try plan.graph.operand(0, of: node)
        let weights = try plan.graph.operand(1, of: node)
        let result = try plan.graph.result(of: node)
        let window = try window(node, weights, source, result)
        // Below ten million products there is less to win than the measuring costs.
        let productCount = (result + weights.dropFirst()).reduce(1.0) { $0 * Double($1) }
        guard plan.allowsWinograd, node.opType == "Convolution", window.kernel == [3, 3], window.strides == [1, 1],
            window.dilations == [1, 1], productCount >= 1e7,
            let candidate = try? kernel(node, tail, plan, dnnl_convolution_winograd), !candidate.isReference,
            try plan.isFaster(candidate, than: direct)
        else { return nil }
        return candidate
    }

    private static func window(
        _ node: NodeView, _ weights: [Int], _ source: [Int], _ result: [Int]
    ) throws -> Window {
        let spatialRank = source.count - 2
        var window = try Window(kernel: Array(weights.suffix(spatialRank)), of: node)
        try window.fit(input: Array(source.dropFirst(2)), output: Array(result.dropFirst(2)))
        return window
    }

    private static func kernel(
        _ node: NodeView, _ tail: Tail, _ plan: PlanBuilder, _ algorithm: dnnl_alg_kind_t = dnnl_convolution_direct,
        adding residual: MemoryDescriptor? = nil
    ) throws -> PrimitiveDescriptor {
        let source = try plan.graph.operand(0, of: node)
        let weights = try plan.graph.operand(1, of: node)
        let result = try plan.graph.result(of: node)
        let sum: [PostOperation] =
            if let residual { [.binary(dnnl_binary_add, residual)] } else { tail.residual == nil ? [] : [.sum] }
        return try PrimitiveDescriptor(
            Operation.convolution(
                algorithm, source: .init(anyLayout: source), weights: .init(anyLayout: weights),
                bias: tail.bias.map { try .init(rowMajor: [$0.count]) }, destination: .init(anyLayout: result),
                window: window(node, weights, source, result)), sum + tail.functions.map { .elementwise($0) },
            on: plan.engine)
    }

    private static func emit(
        _ node: NodeView, _ tail: Tail, _ chosen: PrimitiveDescriptor, _ plan: PlanBuilder,
        _ algorithm: dnnl_alg_kind_t = dnnl_convolution_direct
    ) throws {
        let source = try plan.place(of: node.inputs[0], as: chosen.source)
        let weights = try plan.place(of: node.inputs[1], as: chosen.weights)
        var arguments = [(DNNL_ARG_SRC, source), (DNNL_ARG_WEIGHTS, weights)]
        if let bias = tail.bias {
            arguments.append((DNNL_ARG_BIAS, try plan.constant(bias, MemoryDescriptor(rowMajor: [bias.count]))))
        }
        var kernel = chosen
        var residual = tail.residual
        if let value = residual, let home = try? plan.place(of: value), home.descriptor.matches(kernel.destination),
            !plan.isFree(home, after: [node] + tail.nodes),
            let binary = try? self.kernel(node, tail, plan, algorithm, adding: home.descriptor), !binary.isReference,
            binary.source == kernel.source, binary.weights == kernel.weights, binary.destination == kernel.destination
        {
            kernel = binary
            residual = nil
            arguments.append((DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | DNNL_ARG_SRC_1, home))
        }
        let place = try plan.destination(
            kernel.destination, adding: residual, from: source, for: [node] + tail.nodes)
        try plan.emit(kernel, arguments + [(DNNL_ARG_DST, place)])
        plan.absorb(tail.nodes)
        plan.define(tail.output, at: place)
    }
}
