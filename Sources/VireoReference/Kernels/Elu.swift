import VireoIR
import VireoTensor

func elu(_ operation: Elu, _ call: Call) throws -> [Tensor] {
    switch call.elementType {
    case .f64: [try map(call, nanoseconds: 10, row(operation.alpha))]
    default: [try map(call, nanoseconds: 10, row(Float(operation.alpha)))]
    }
}

private func row<Element: Real>(_ alpha: Element) -> UnaryRow<Element> {
    { apply($0, $1, $2) { $0 > 0 ? $0 : alpha * Element.expm1($0) } }
}
