import VireoIR
import VireoTensor

func unary(_ operation: UnaryElementwise, _ call: Call) throws -> [Tensor] {
    switch call.elementType {
    case .i64: [try map(call, nanoseconds: 1, integerFunction(operation.kind))]
    case .f64: [try map(call, nanoseconds: cost(operation.kind), realFunction(operation.kind, Double.self))]
    default: [try map(call, nanoseconds: cost(operation.kind), realFunction(operation.kind, Float.self))]
    }
}

/// Reads `count` elements and writes what becomes of them.
typealias UnaryRow<Element> = (UnsafePointer<Element>, UnsafeMutablePointer<Element>, _ count: Int) -> Void

/// The first input with a function applied to every element.
func map<Element: Scalar>(_ call: Call, nanoseconds: Double, _ row: UnaryRow<Element>) throws -> Tensor {
    try call.inputs[0].withUnsafeElements(of: Element.self) { source in
        try .making(call.shape) { (result: UnsafeMutableBufferPointer<Element>) in
            let (from, to) = (source.baseAddress!, result.baseAddress!)
            Parallel.forEach(result.count, nanoseconds: nanoseconds) { range in
                row(from + range.lowerBound, to + range.lowerBound, range.count)
            }
        }
    }
}

@inline(__always)
func apply<Element>(
    _ source: UnsafePointer<Element>, _ result: UnsafeMutablePointer<Element>, _ count: Int,
    _ function: (Element) -> Element
) {
    for index in 0..<count { result[index] = function(source[index]) }
}

private func cost(_ kind: UnaryElementwise.Kind) -> Double {
    switch kind {
    case .relu, .abs, .negative, .sign, .floor, .ceiling, .sqrt, .hSwish, .hSigmoid, .softSign: 1
    default: 10
    }
}

private func realFunction<Element: Real>(_ kind: UnaryElementwise.Kind, _ type: Element.Type) -> UnaryRow<Element> {
    switch kind {
    case .relu: { apply($0, $1, $2) { $0 > 0 ? $0 : 0 } }
    case .sigmoid: { apply($0, $1, $2) { 1 / (1 + Element.exp(-$0)) } }
    case .tanh: { apply($0, $1, $2) { Element.tanh($0) } }
    case .exp: { apply($0, $1, $2) { Element.exp($0) } }
    case .log: { apply($0, $1, $2) { Element.log($0) } }
    case .sqrt: { apply($0, $1, $2) { $0.squareRoot() } }
    case .abs: { apply($0, $1, $2) { $0.magnitude } }
    case .negative: { apply($0, $1, $2) { -$0 } }
    case .sign: { apply($0, $1, $2) { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 } }
    case .floor: { apply($0, $1, $2) { $0.rounded(.down) } }
    case .ceiling: { apply($0, $1, $2) { $0.rounded(.up) } }
    case .erf: { apply($0, $1, $2) { Element.erf($0) } }
    case .sin: { apply($0, $1, $2) { Element.sin($0) } }
    case .cos: { apply($0, $1, $2) { Element.cos($0) } }
    case .tan: { apply($0, $1, $2) { Element.tan($0) } }
    case .asin: { apply($0, $1, $2) { Element.asin($0) } }
    case .acos: { apply($0, $1, $2) { Element.acos($0) } }
    case .atan: { apply($0, $1, $2) { Element.atan($0) } }
    case .sinh: { apply($0, $1, $2) { Element.sinh($0) } }
    case .cosh: { apply($0, $1, $2) { Element.cosh($0) } }
    case .asinh: { apply($0, $1, $2) { Element.asinh($0) } }
    case .acosh: { apply($0, $1, $2) { Element.acosh($0) } }
    case .atanh: { apply($0, $1, $2) { Element.atanh($0) } }
    case .softSign: { apply($0, $1, $2) { $0 / (1 + $0.magnitude) } }
    case .softPlus: { apply($0, $1, $2) { softPlus($0) } }
    case .mish: { apply($0, $1, $2) { $0 * Element.tanh(softPlus($0)) } }
    case .hSwish: { apply($0, $1, $2) { $0 * min(max($0 + 3, 0), 6) / 6 } }
    case .hSigmoid: { apply($0, $1, $2) { min(max($0 + 3, 0), 6) / 6 } }
    case .logicalNot: { apply($0, $1, $2) { $0 == 0 ? 1 : 0 } }
    }
}

/// log(1 + exp(x)), written so that neither end of the range loses digits.
private func softPlus<Element: Real>(_ x: Element) -> Element {
    max(x, 0) + Element.log1p(Element.exp(-x.magnitude))
}

/// Functions that are not listed take floating point only, which the kernel table says.
private func integerFunction(_ kind: UnaryElementwise.Kind) -> UnaryRow<Int64> {
    switch kind {
    case .relu: { apply($0, $1, $2) { max($0, 0) } }
    case .abs: { apply($0, $1, $2) { $0 < 0 ? 0 &- $0 : $0 } }
    case .negative: { apply($0, $1, $2) { 0 &- $0 } }
    case .sign: { apply($0, $1, $2) { $0.signum() } }
    case .logicalNot: { apply($0, $1, $2) { $0 == 0 ? 1 : 0 } }
    default: { apply($0, $1, $2) { $0 } }
    }
}
