import VireoIR
import VireoTensor

func localResponseNormalization(_ operation: LRN, _ call: Call) throws -> [Tensor] {
    switch call.elementType {
    case .f64: [try localResponseNormalization(operation, call, Double.self)]
    default: [try localResponseNormalization(operation, call, Float.self)]
    }
}

private func localResponseNormalization<Element: Real>(
    _ operation: LRN, _ call: Call, _ type: Element.Type
) throws -> Tensor {
    let axes = try normalizedAxes(try call.integers(1), rank: call.shape.rank)
    // The sum over a window of several axes is the sum along one axis of sums along the others.
    var sums = try map(call, nanoseconds: 1) { (from: UnsafePointer<Element>, to, count) in
        apply(from, to, count) { $0 * $0 }
    }
    for axis in axes { sums = try windowSums(sums, axis: axis, size: operation.size, Element.self) }
    let window = axes.reduce(1.0) { product, _ in product * Double(operation.size) }
    let alpha = Element(operation.alpha / window)
    let (beta, bias) = (Element(operation.beta), Element(operation.bias))
    return try combine(call.inputs[0], sums, call.shape, nanoseconds: 20) { (row: BinaryRun<Element, Element>) in
        apply(row) { x, sum in x * Element.pow(bias + alpha * sum, -beta) }
    }
}

/// Sums along one axis over the elements within half of `size` on both sides.
private func windowSums<Element: Real>(
    _ data: Tensor, axis: Int, size: Int, _ type: Element.Type
) throws -> Tensor {
    let extent = data.shape[axis]
    let inner = data.shape.dimensions[(axis + 1)...].reduce(1, *)
    let reach = (size - 1) / 2
    return try data.withUnsafeElements(of: Element.self) { source in
        try .making(data.shape) { (result: UnsafeMutableBufferPointer<Element>) in
            guard !result.isEmpty else { return }
            Parallel.forEach(result.count / inner, nanoseconds: Double(inner * size)) { range in
                for line in range {
                    let position = line % extent
                    let target = result.baseAddress! + line * inner
                    for neighbour in max(position - reach, 0)...min(position + reach, extent - 1) {
                        let row = source.baseAddress! + (line + neighbour - position) * inner
                        for index in 0..<inner { target[index] += row[index] }
                    }
                }
            }
        }
    }
}
