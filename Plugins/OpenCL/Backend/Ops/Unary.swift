import VireoKernels
import VireoPluginKit
import VireoTensor

/// Functions of one element: ReLU, Clamp, Sigmoid, Tanh, Exp, Elu, Swish, HSwish.
struct Unary: Operation {
    private let input: Int
    private let count: Int
    private let function: UnaryFunction

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        let shape = try graph.inputShape(0, of: node)
        try graph.outputShape(of: node, mustBe: shape.dimensions)
        input = node.inputs[0]
        count = shape.elementCount
        switch node.opType {
        case "ReLU", "Relu": function = .relu
        case "Clamp":
            let lower = Float(try node.number("min"))
            let upper = Float(try node.number("max"))
            function = UnaryFunction(code: VIREO_CLAMP, alpha: lower, beta: upper)
        case "Sigmoid": function = UnaryFunction(code: VIREO_SIGMOID)
        case "Tanh": function = UnaryFunction(code: VIREO_TANH)
        case "Exp": function = UnaryFunction(code: VIREO_EXP)
        case "Elu": function = UnaryFunction(code: VIREO_ELU, alpha: Float(try node.number("alpha")))
        case "Swish":
            let beta = try graph.constantNumber(1, of: node, "the slope", initial: 1)
            function = UnaryFunction(code: VIREO_SWISH, alpha: beta)
        case "HSwish": function = UnaryFunction(code: VIREO_HSWISH)
        default: throw VireoError(.unsupported, "\(node.opType) is no known function of one element")
        }
    }

    func lower(_ epilogue: Epilogue, into plan: PlanBuilder) throws {
        plan.run(
            "unary",
            [.memory(try plan.read(input)), .memory(try plan.write(epilogue.output)), .int(count)]
                + function.arguments,
            .vectors(count, of: plan.lanes))
    }
}
