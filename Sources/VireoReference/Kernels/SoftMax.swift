import VireoIR
import VireoTensor

func softMax(_ operation: SoftMax, _ call: Call) throws -> [Tensor] {
    let axis = try normalizedAxis(operation.axis, rank: call.shape.rank)
    return switch call.elementType {
    case .f64: [try lines(call, axis) { softMax($0, $1, $2, $3, Double.self) }]
    default: [try lines(call, axis) { softMax($0, $1, $2, $3, Float.self) }]
    }
}

func logSoftmax(_ operation: LogSoftmax, _ call: Call) throws -> [Tensor] {
    let axis = try normalizedAxis(operation.axis, rank: call.shape.rank)
    return switch call.elementType {
    case .f64: [try lines(call, axis) { logSoftmax($0, $1, $2, $3, Double.self) }]
    default: [try lines(call, axis) { logSoftmax($0, $1, $2, $3, Float.self) }]
    }
}

/// Calls `body` for every line of elements along `axis`: its start in the input and the result, its length and stride.
private func lines<Element: Real>(
    _ call: Call, _ axis: Int,
    _ body: (UnsafePointer<Element>, UnsafeMutablePointer<Element>, _ count: Int, _ stride: Int) -> Void
) throws -> Tensor {
    let count = call.shape[axis]
    let inner = call.shape.dimensions[(axis + 1)...].reduce(1, *)
    return try call.inputs[0].withUnsafeElements(of: Element.self) { source in
        try .making(call.shape) { (result: UnsafeMutableBufferPointer<Element>) in
            guard !result.isEmpty else { return }
            Parallel.forEach(result.count / count, nanoseconds: 10 * Double(count)) { range in
                for line in range {
                    let start = line / inner * count * inner + line % inner
                    body(source.baseAddress! + start, result.baseAddress! + start, count, inner)
                }
            }
        }
    }
}

/// The largest element is subtracted first, so that no exponential overflows.
private func softMax<Element: Real>(
    _ source: UnsafePointer<Element>, _ result: UnsafeMutablePointer<Element>, _ count: Int, _ stride: Int,
    _ type: Element.Type
) {
    let largest = largestElement(source, count, stride)
    var total = 0.0
    for index in 0..<count {
        let exponential = Element.exp(source[index * stride] - largest)
        result[index * stride] = exponential
        total += Double(exponential)
    }
    for index in 0..<count { result[index * stride] = Element(Double(result[index * stride]) / total) }
}

private func logSoftmax<Element: Real>(
    _ source: UnsafePointer<Element>, _ result: UnsafeMutablePointer<Element>, _ count: Int, _ stride: Int,
    _ type: Element.Type
) {
    let largest = largestElement(source, count, stride)
    var total = 0.0
    for index in 0..<count { total += Double(Element.exp(source[index * stride] - largest)) }
    let logarithm = Element(Double.log(total))
    for index in 0..<count { result[index * stride] = source[index * stride] - largest - logarithm }
}

private func largestElement<Element: Real>(_ source: UnsafePointer<Element>, _ count: Int, _ stride: Int) -> Element {
    var largest = Element.lowest
    for index in 0..<count { largest = max(largest, source[index * stride]) }
    return largest
}
