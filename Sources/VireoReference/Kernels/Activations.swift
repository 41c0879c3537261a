import VireoIR
import VireoTensor

func round(_ operation: Round, _ call: Call) throws -> [Tensor] {
    let rule: FloatingPointRoundingRule = operation.mode == .halfToEven ? .toNearestOrEven : .toNearestOrAwayFromZero
    return switch call.elementType {
    case .f64:
        [
            try map(call, nanoseconds: 1) { (from: UnsafePointer<Double>, to, count) in
                apply(from, to, count) { $0.rounded(rule) }
            }
        ]
    default:
        [
            try map(call, nanoseconds: 1) { (from: UnsafePointer<Float>, to, count) in
                apply(from, to, count) { $0.rounded(rule) }
            }
        ]
    }
}

func gelu(_ operation: Gelu, _ call: Call) throws -> [Tensor] {
    switch call.elementType {
    case .f64: [try map(call, nanoseconds: 10, geluRow(operation.approximation, Double.self))]
    default: [try map(call, nanoseconds: 10, geluRow(operation.approximation, Float.self))]
    }
}

private func geluRow<Element: Real>(_ approximation: Gelu.Approximation, _ type: Element.Type) -> UnaryRow<Element> {
    let root = Element(0.7071067811865476)
    let slope = Element(0.7978845608028654)
    return switch approximation {
    case .erf: { apply($0, $1, $2) { 0.5 * $0 * (1 + Element.erf($0 * root)) } }
    case .tanh: { apply($0, $1, $2) { 0.5 * $0 * (1 + Element.tanh(slope * ($0 + 0.044715 * $0 * $0 * $0))) } }
    }
}

func hardSigmoid(_ operation: HardSigmoid, _ call: Call) throws -> [Tensor] {
    let (alpha, beta) = try parameters(call)
    return switch call.elementType {
    case .f64: [try map(call, nanoseconds: 1, hardSigmoidRow(alpha, beta))]
    default: [try map(call, nanoseconds: 1, hardSigmoidRow(Float(alpha), Float(beta)))]
    }
}

private func hardSigmoidRow<Element: Real>(_ alpha: Element, _ beta: Element) -> UnaryRow<Element> {
    { apply($0, $1, $2) { min(max(alpha * $0 + beta, 0), 1) } }
}

func selu(_ operation: Selu, _ call: Call) throws -> [Tensor] {
    let (alpha, lambda) = try parameters(call)
    return switch call.elementType {
    case .f64: [try map(call, nanoseconds: 10, seluRow(alpha, lambda))]
    default: [try map(call, nanoseconds: 10, seluRow(Float(alpha), Float(lambda)))]
    }
}

private func seluRow<Element: Real>(_ alpha: Element, _ lambda: Element) -> UnaryRow<Element> {
    { apply($0, $1, $2) { lambda * ($0 > 0 ? $0 : alpha * Element.expm1($0)) } }
}

/// The second and third input, one number each.
private func parameters(_ call: Call) throws -> (Double, Double) {
    let values = try call.inputs[1...].map { try $0.doubles() }
    guard values.allSatisfy({ $0.count == 1 }) else {
        throw VireoError(.invalidArgument, "the parameters must be one number each")
    }
    return (values[0][0], values[1][0])
}
