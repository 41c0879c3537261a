import VireoIR
import VireoTensor

func reduce(_ operation: Reduction, _ call: Call) throws -> [Tensor] {
    let data = call.inputs[0]
    let axes = try normalizedAxes(try call.integers(1), rank: data.shape.rank)
    // The axes to reduce are moved to the back, so that each result is made of neighbours.
    let kept = data.shape.dimensions.indices.filter { !axes.contains($0) }
    let order = kept + axes
    let ordered = order == Array(order.indices) ? data : try transposed(data, order)
    let length = axes.reduce(1) { $0 * data.shape[$1] }
    return switch call.elementType {
    case .i64: [try rows(ordered, length, call.shape) { integers(operation.kind, $0) }]
    case .f64: [try rows(ordered, length, call.shape) { reals(operation.kind, $0, Double.self) }]
    default: [try rows(ordered, length, call.shape) { reals(operation.kind, $0, Float.self) }]
    }
}

private func rows<Element: Scalar>(
    _ data: Tensor, _ length: Int, _ shape: Shape, _ function: (UnsafeBufferPointer<Element>) -> Element
) throws -> Tensor {
    try data.withUnsafeElements(of: Element.self) { source in
        try .making(shape) { (result: UnsafeMutableBufferPointer<Element>) in
            Parallel.forEach(result.count, nanoseconds: Double(length)) { range in
                for row in range {
                    result[row] = function(UnsafeBufferPointer(rebasing: source[row * length..<(row + 1) * length]))
                }
            }
        }
    }
}

private func reals<Element: Real>(
    _ kind: Reduction.Kind, _ row: UnsafeBufferPointer<Element>, _ type: Element.Type
) -> Element {
    switch kind {
    case .sum: pairwiseSum(row) { $0 }
    case .mean: pairwiseSum(row) { $0 } / Element(row.count)
    case .l1: pairwiseSum(row) { $0.magnitude }
    case .l2: pairwiseSum(row) { $0 * $0 }.squareRoot()
    case .max: row.reduce(.lowest) { max($0, $1) }
    case .min: row.reduce(.infinity) { min($0, $1) }
    case .product: row.reduce(1, *)
    case .logicalAnd: row.allSatisfy { $0 != 0 } ? 1 : 0
    case .logicalOr: row.contains { $0 != 0 } ? 1 : 0
    }
}

private func integers(_ kind: Reduction.Kind, _ row: UnsafeBufferPointer<Int64>) -> Int64 {
    switch kind {
    case .sum: row.reduce(0, &+)
    case .mean: row.isEmpty ? 0 : row.reduce(0, &+) / Int64(row.count)
    case .l1: row.reduce(0) { $0 &+ ($1 < 0 ? 0 &- $1 : $1) }
    case .l2: Int64(Double(row.reduce(0) { $0 &+ $1 &* $1 }).squareRoot())
    case .max: row.max() ?? .min
    case .min: row.min() ?? .max
    case .product: row.reduce(1, &*)
    case .logicalAnd: row.allSatisfy { $0 != 0 } ? 1 : 0
    case .logicalOr: row.contains { $0 != 0 } ? 1 : 0
    }
}

/// The sum of `term` over the row, halves added to halves: the error grows with the logarithm of the length.
private func pairwiseSum<Element: Real>(
    _ row: UnsafeBufferPointer<Element>, _ term: (Element) -> Element
) -> Element {
    guard row.count > 64 else { return row.reduce(0) { $0 + term($1) } }
    let middle = row.count / 2
    return pairwiseSum(UnsafeBufferPointer(rebasing: row[..<middle]), term)
        + pairwiseSum(UnsafeBufferPointer(rebasing: row[middle...]), term)
}
