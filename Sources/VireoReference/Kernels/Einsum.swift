import VireoIR
import VireoTensor

func einsum(_ operation: Einsum, _ call: Call) throws -> [Tensor] {
    switch call.elementType {
    case .i64: [try einsum(operation, call, Int64.self) { $0 &+ $1 &* $2 }]
    case .f64: [try einsum(operation, call, Double.self) { $0 + $1 * $2 }]
    default: [try einsum(operation, call, Float.self) { $0 + $1 * $2 }]
    }
}

/// Every output element is a sum over the labels that it lacks. Operands are taken two at a time, so that a long
/// equation costs no more than its products one after the other.
private func einsum<Element: Scalar>(
    _ operation: Einsum, _ call: Call, _ type: Element.Type, _ step: (Element, Element, Element) -> Element
) throws -> Tensor {
    let plan = try EinsumEquation(operation.equation).labels(ranks: call.inputs.map(\.shape.rank))
    var terms = zip(plan.operands, call.inputs).map { Operand(labels: $0, tensor: $1) }
    let one = Operand(labels: [], tensor: try Tensor(Element.elementType, .scalar, values: [1]))
    if terms.count == 1 { terms.append(one) }
    while terms.count > 2 {
        let rest = Set(terms[2...].flatMap(\.labels) + plan.output)
        var kept: [EinsumEquation.Label] = []
        for label in terms[0].labels + terms[1].labels where rest.contains(label) && !kept.contains(label) {
            kept.append(label)
        }
        terms[0] = try product(terms[0], terms[1], kept, step)
        terms.remove(at: 1)
    }
    return try product(terms[0], terms[1], plan.output, step).tensor.reshaped(to: call.shape)
}

private struct Operand {
    let labels: [EinsumEquation.Label]
    let tensor: Tensor

    /// How far the operand moves with each label: 0 where it has none or repeats.
    func strides(_ wanted: [EinsumEquation.Label]) -> [Int] {
        let own = tensor.shape.strides
        return wanted.map { label in
            labels.indices.reduce(0) { $0 + (labels[$1] == label && tensor.shape[$1] != 1 ? own[$1] : 0) }
        }
    }
}

private func product<Element: Scalar>(
    _ left: Operand, _ right: Operand, _ output: [EinsumEquation.Label],
    _ step: (Element, Element, Element) -> Element
) throws -> Operand {
    var extents: [EinsumEquation.Label: Int] = [:]
    for operand in [left, right] {
        for (label, extent) in zip(operand.labels, operand.tensor.shape.dimensions) {
            extents[label] = extents[label] == 1 ? extent : extents[label] ?? extent
        }
    }
    var summed: [EinsumEquation.Label] = []
    for label in left.labels + right.labels where !output.contains(label) && !summed.contains(label) {
        summed.append(label)
    }
    let shape = try Shape(validating: output.map { extents[$0] ?? 1 })
    let (outer, inner) = (shape.dimensions, summed.map { extents[$0] ?? 1 })
    let (leftOuter, rightOuter) = (left.strides(output), right.strides(output))
    let (leftInner, rightInner) = (offsets(inner, left.strides(summed)), offsets(inner, right.strides(summed)))
    let (leftStarts, rightStarts) = (offsets(outer, leftOuter), offsets(outer, rightOuter))
    let tensor = try left.tensor.withUnsafeElements(of: Element.self) { left in
        try right.tensor.withUnsafeElements(of: Element.self) { right in
            try Tensor.making(shape) { (result: UnsafeMutableBufferPointer<Element>) in
                Parallel.forEach(result.count, nanoseconds: Double(3 * leftInner.count)) { range in
                    for element in range {
                        let (a, b) = (leftStarts[element], rightStarts[element])
                        var sum: Element = 0
                        for index in leftInner.indices {
                            sum = step(sum, left[a + leftInner[index]], right[b + rightInner[index]])
                        }
                        result[element] = sum
                    }
                }
            }
        }
    }
    return Operand(labels: output, tensor: tensor)
}

/// Where every element of a box lies for these strides, in row-major order.
private func offsets(_ extents: [Int], _ strides: [Int]) -> [Int] {
    zip(extents, strides).reduce([0]) { places, axis in
        places.flatMap { place in (0..<axis.0).map { place + $0 * axis.1 } }
    }
}
