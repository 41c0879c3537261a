import VireoPluginKit
import VireoTensor

/// Operations on each number by itself.
struct Unary: Kernel {
    private enum Function: Sendable {
        case relu
        case clamp(lower: Float, upper: Float)
        case sigmoid
        case tanh
        case exp
        case elu(alpha: Float)
        case hswish
        case swish(beta: Float)
    }

    private let input: Operand
    private let output: Operand
    private let function: Function

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        input = try graph.operand(0, of: node)
        output = try graph.result(of: node)
        guard input.dimensions == output.dimensions else {
            throw refusal("\(node.opType) of \(input.dimensions) to \(output.dimensions)")
        }
        switch node.opType {
        case "ReLU": function = .relu
        case "Clamp": function = .clamp(lower: Float(try node.number("min")), upper: Float(try node.number("max")))
        case "Sigmoid": function = .sigmoid
        case "Tanh": function = .tanh
        case "Exp": function = .exp
        case "Elu": function = .elu(alpha: Float(try node.number("alpha")))
        case "HSwish": function = .hswish
        case "Swish": function = .swish(beta: try graph.constantNumber(1, of: node, "factor") ?? 1)
        default: throw refusal("\(node.opType) is no function of one number")
        }
    }

    var execType: String {
        switch function {
        case .relu, .clamp: "elementwise"
        case .sigmoid, .tanh, .exp, .elu, .hswish, .swish: "elementwise_math"
        }
    }

    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    /// How many times the work of an addition the function is.
    private var cost: Int {
        switch function {
        case .relu, .clamp: 1
        case .hswish: 2
        case .sigmoid, .tanh, .exp, .elu, .swish: 8
        }
    }

    func run(_ run: Run) {
        let (source, destination) = (run[input.value], run[output.value])
        run.forRanges(input.count, cost: cost) { part in
            apply(source + part.lowerBound, destination + part.lowerBound, part.count)
        }
    }

    private func apply(_ source: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>, _ count: Int) {
        switch function {
        case .relu: VectorMath.map(source, destination, count) { $0 < 0 ? 0 : $0 }
        case .clamp(let lower, let upper):
            VectorMath.map(source, destination, count) {
                let raised = $0 < lower ? lower : $0
                return raised > upper ? upper : raised
            }
        case .sigmoid: VectorMath.map(source, destination, count) { VectorMath.sigmoid($0) }
        case .tanh: VectorMath.map(source, destination, count) { VectorMath.tanh($0) }
        case .exp: VectorMath.map(source, destination, count) { VectorMath.exp($0) }
        case .elu(let alpha):
            VectorMath.map(source, destination, count) {
                let power = alpha * (VectorMath.exp($0) - 1)
                return $0 < 0 ? power : $0
            }
        case .hswish:
            VectorMath.map(source, destination, count) {
                let raised = $0 + 3 < 0 ? 0 : $0 + 3
                return $0 * (raised > 6 ? 6 : raised) * (1 / 6)
            }
        case .swish(let beta): VectorMath.map(source, destination, count) { $0 * VectorMath.sigmoid(beta * $0) }
        }
    }
}
