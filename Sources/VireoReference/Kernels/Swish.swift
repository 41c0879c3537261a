import VireoIR
import VireoTensor

func swish(_ operation: Swish, _ call: Call) throws -> [Tensor] {
    var beta = 1.0
    if call.inputs.count == 2 {
        guard call.inputs[1].elementCount == 1 else {
            throw VireoError(
                .invalidArgument, "the beta of Swish is one number, and its shape is \(call.inputs[1].shape)")
        }
        beta = try call.inputs[1].doubles()[0]
    }
    return switch call.elementType {
    case .f64: [try map(call, nanoseconds: 10, row(beta))]
    default: [try map(call, nanoseconds: 10, row(Float(beta)))]
    }
}

private func row<Element: Real>(_ beta: Element) -> UnaryRow<Element> {
    { apply($0, $1, $2) { $0 / (1 + Element.exp(-beta * $0)) } }
}
