import CDNNL
import VireoPluginKit

/// A function of one number that oneDNN applies to every element, alone or as a post-operation.
struct Elementwise: Equatable {
    let algorithm: dnnl_alg_kind_t
    let alpha: Float
    let beta: Float

    init(_ algorithm: dnnl_alg_kind_t, alpha: Float = 0, beta: Float = 0) {
        self.algorithm = algorithm
        self.alpha = alpha
        self.beta = beta
    }

    /// `scale * x + shift`.
    static func linear(scale: Float, shift: Float) -> Elementwise {
        Elementwise(dnnl_eltwise_linear, alpha: scale, beta: shift)
    }

    static let relu = Elementwise(dnnl_eltwise_relu)

    /// The function that `node` applies to the value returned with it; nil when it is none, or depends on other values.
    static func match(_ node: NodeView, in graph: GraphView) -> (function: Elementwise, value: Int)? {
        guard let value = node.inputs.first, value >= 0 else { return nil }
        let function: Elementwise? =
            switch node.opType {
            case "ReLU": .relu
            case "Sigmoid": Elementwise(dnnl_eltwise_logistic)
            case "Tanh": Elementwise(dnnl_eltwise_tanh)
            case "Exp": Elementwise(dnnl_eltwise_exp)
            case "Abs": Elementwise(dnnl_eltwise_abs)
            case "Sqrt": Elementwise(dnnl_eltwise_sqrt)
            case "Negative": .linear(scale: -1, shift: 0)
            case "HSwish": Elementwise(dnnl_eltwise_hardswish)
            case "Mish": Elementwise(dnnl_eltwise_mish)
            case "Gelu":
                Elementwise(
                    (try? node.string("approximation_mode")) == "tanh" ? dnnl_eltwise_gelu_tanh : dnnl_eltwise_gelu_erf)
            case "Elu": (try? node.number("alpha")).map { Elementwise(dnnl_eltwise_elu, alpha: Float($0)) }
            case "Clamp": clamp(node)
            case "Swish": swish(node, graph)
            case "PReLU": scalar(1, of: node, graph).map { Elementwise(dnnl_eltwise_relu, alpha: $0) }
            default: nil
            }
        if let function { return (function, value) }
        return matchScalarArithmetic(node, in: graph)
    }

    private static func clamp(_ node: NodeView) -> Elementwise? {
        guard let lower = try? node.number("min"), let upper = try? node.number("max") else { return nil }
        return Elementwise(dnnl_eltwise_clip, alpha: Float(lower), beta: Float(upper))
    }

    private static func swish(_ node: NodeView, _ graph: GraphView) -> Elementwise? {
        if node.inputs.count < 2 || node.inputs[1] < 0 { return Elementwise(dnnl_eltwise_swish, alpha: 1) }
        return scalar(1, of: node, graph).map { Elementwise(dnnl_eltwise_swish, alpha: $0) }
    }

    /// A sum, difference or product with a constant of one element that does not add dimensions.
    private static func matchScalarArithmetic(
        _ node: NodeView, in graph: GraphView
    ) -> (function: Elementwise, value: Int)? {
        guard ["Add", "Subtract", "Multiply"].contains(node.opType), node.inputs.count == 2 else { return nil }
        for (side, other) in [(1, 0), (0, 1)] {
            guard let constant = scalar(side, of: node, graph), node.inputs[other] >= 0,
                graph.input(other, of: node).constant == nil,
                let dimensions = graph.input(other, of: node).dimensions,
                dimensions == graph.output(0, of: node).dimensions
            else { continue }
            let function: Elementwise =
                switch (node.opType, side) {
                case ("Add", _): .linear(scale: 1, shift: constant)
                case ("Subtract", 1): .linear(scale: 1, shift: -constant)
                case ("Subtract", _): .linear(scale: -1, shift: constant)
                default: .linear(scale: constant, shift: 0)
                }
            return (function, node.inputs[other])
        }
        return nil
    }

    /// Input `index` when it is a constant of one element.
    private static func scalar(_ index: Int, of node: NodeView, _ graph: GraphView) -> Float? {
        guard node.inputs.indices.contains(index), node.inputs[index] >= 0,
            graph.input(index, of: node).shape.shape?.elementCount == 1,
            let elements = graph.input(index, of: node).floats
        else { return nil }
        return elements.first
    }
}

extension Elementwise {
    var isLinear: Bool { algorithm == dnnl_eltwise_linear }

    /// The same functions with neighbouring linear ones as one.
    static func merged(_ functions: [Elementwise]) -> [Elementwise] {
        functions.reduce(into: []) { result, next in
            if let last = result.last, last.isLinear, next.isLinear {
                result[result.count - 1] = .linear(
                    scale: last.alpha * next.alpha, shift: last.beta * next.alpha + next.beta)
            } else {
                result.append(next)
            }
        }
    }
}
