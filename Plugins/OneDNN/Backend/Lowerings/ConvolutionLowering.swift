import CDNNL
import VireoPluginKit
import VireoTensor

/// Convolution-1 and GroupConvolution-1: direct or Winograd convolutions in the layout that oneDNN likes best, with
/// bias, residual sum and activations inside.
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
        let (merged, pad) = try PadLowering.merged(node, plan)
        try lowerMerged(merged, into: plan)
        if let pad { plan.absorb([pad]) }
    }

    private static func lowerMerged(_ node: NodeView, into plan: PlanBuilder) throws {
        let window = try window(
            node, plan.graph.operand(1, of: node), plan.graph.operand(0, of: node), plan.graph.result(of: node))
        if try plan.lowersAsIntegers(node, { try IntegerConvolution.lower(node, window: window, into: plan) }) {
            return
        }
        if try SeparableBlock.lower(node, into: plan) { return }
        if try isFullyConnected(node, in: plan.graph) {
            let weights = try plan.graph.operand(1, of: node)
            return try InnerProduct.lower(
                node, rows: 1, weights: .init(rowMajor: [weights[0], weights.dropFirst().reduce(1, *)]),
                Tail(of: node, in: plan, channelAxis: 1, abilities: [.bias, .residual]), into: plan)
        }
        if try PointwiseConvolution.lower(node, into: plan) { return }
        let whole = Tail(of: node, in: plan, channelAxis: 1, abilities: [.bias, .residual])
        if try TransformedConvolution.lower(node, whole, window, into: plan) { return }
        if try UnfoldedConvolution.lower(node, whole, window, into: plan) { return }
        let (made, algorithm) = try fastest(node, whole, plan)
        if made.isReference {
            let bare = Tail(of: node, in: plan, channelAxis: 1, abilities: .bias, withFunctions: false)
            let plain = try kernel(node, bare, plan)
            if !plain.isReference { return try emit(node, bare, plain, plan) }
        }
        try emit(node, whole, made, plan, algorithm)
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

    /// The direct kernel, or the one of Winograd where it is allowed and faster.
    private static func fastest(
        _ node: NodeView, _ tail: Tail, _ plan: PlanBuilder
    ) throws -> (PrimitiveDescriptor, dnnl_alg_kind_t) {
        let direct = dnnl_convolution_direct
        let winograd = dnnl_convolution_winograd
        guard try suitsWinograd(node, plan) else { return (try kernel(node, tail, plan), direct) }
        if try gainsByWinograd(node, plan.graph), let made = try? kernel(node, tail, plan, winograd), !made.isReference
        {
            return (made, winograd)
        }
        let ways: [(name: String, make: () throws -> PrimitiveDescriptor?)] = [
            ("direct", { try kernel(node, tail, plan) }),
            ("winograd", { (try? kernel(node, tail, plan, winograd)).flatMap { $0.isReference ? nil : $0 } }),
        ]
        guard let way = try plan.fastest(of: ways, for: problem(node, tail, plan.graph)) else {
            return (try kernel(node, tail, plan), direct)
        }
        return (way.kernel, way.name == "winograd" ? winograd : direct)
    }

    private static func suitsWinograd(_ node: NodeView, _ plan: PlanBuilder) throws -> Bool {
        let weights = try plan.graph.operand(1, of: node)
        let result = try plan.graph.result(of: node)
        let window = try window(node, weights, plan.graph.operand(0, of: node), result)
        // Below ten million products there is less to win than the measuring costs.
        let productCount = (result + weights.dropFirst()).reduce(1.0) { $0 * Double($1) }
        return plan.options.allowsWinograd && plan.options.floatingType == .f32 && node.opType == "Convolution"
            && window.kernel == [3, 3] && window.strides == [1, 1] && window.dilations == [1, 1] && productCount >= 1e7
    }

    /// Whether the products that Winograd saves outweigh by far what its transformations cost, which is in proportion
    /// to the channels: measured as 1.3 to 3 times as fast wherever both have 32 or more, on images that fill its
    /// tiles.
    private static func gainsByWinograd(_ node: NodeView, _ graph: GraphView) throws -> Bool {
        let result = try graph.result(of: node)
        return try graph.operand(1, of: node)[1] >= 32 && result[1] >= 32 && result[2] >= 7 && result[3] >= 7
    }

    /// All that the time of a convolution depends on.
    private static func problem(_ node: NodeView, _ tail: Tail, _ graph: GraphView) throws -> String {
        func extents(_ dimensions: [Int]) -> String { dimensions.map(String.init).joined(separator: "x") }
        let (source, weights) = (try graph.operand(0, of: node), try graph.operand(1, of: node))
        let window = try window(node, weights, source, graph.result(of: node))
        var words = ["convolution", extents(source), extents(weights), "pads"]
        words += [extents(window.padsBegin), extents(window.padsEnd)]
        if tail.bias != nil { words.append("bias") }
        if tail.residual != nil { words.append("sum") }
        return (words + tail.functions.map { "function \($0.algorithm.rawValue)" }).joined(separator: " ")
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
        let type = plan.options.floatingType
        let sum: [PostOperation] =
            if let residual { [.binary(dnnl_binary_add, residual)] } else { tail.residual == nil ? [] : [.sum] }
        return try plan.kernel(
            Operation.convolution(
                algorithm, source: .init(anyLayout: source, type), weights: .init(anyLayout: weights, type),
                bias: tail.bias.map { try .init(rowMajor: [$0.count]) },
                destination: .init(anyLayout: result, plan.resultType(of: tail.output)),
                window: window(node, weights, source, result)), sum + tail.functions.map { .elementwise($0) })
    }

    private static func emit(
        _ node: NodeView, _ tail: Tail, _ chosen: PrimitiveDescriptor, _ plan: PlanBuilder,
        _ algorithm: dnnl_alg_kind_t = dnnl_convolution_direct
    ) throws {
        let source = try plan.floating(node.inputs[0], as: chosen.source)
        let weights = try plan.floating(node.inputs[1], as: chosen.weights)
        var arguments = [(DNNL_ARG_SRC, source), (DNNL_ARG_WEIGHTS, weights)]
        if let bias = tail.bias {
            arguments.append((DNNL_ARG_BIAS, try plan.constant(bias, MemoryDescriptor(rowMajor: [bias.count]))))
        }
        var kernel = chosen
        var residual = tail.residual
        if let value = residual, let home = try? plan.floating(value), home.descriptor.matches(kernel.destination),
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
