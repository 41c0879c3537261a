import VireoIR
import VireoTensor

func normalizeL2(_ operation: NormalizeL2, _ call: Call) throws -> [Tensor] {
    switch call.elementType {
    case .f64: [try normalizeL2(operation, call, Double.self)]
    default: [try normalizeL2(operation, call, Float.self)]
    }
}

private func normalizeL2<Element: Real>(
    _ operation: NormalizeL2, _ call: Call, _ type: Element.Type
) throws -> Tensor {
    let axes = try call.integers(1)
    // Without axes every element stands for itself, as in OpenVINO.
    let squares = try combine(call.inputs[0], call.inputs[0], call.shape, nanoseconds: 1) {
        (run: BinaryRun<Element, Element>) in apply(run) { $0 * $1 }
    }
    let sums = axes.isEmpty ? squares : try reduced(squares, axes, .sum)
    let epsilon = Element(operation.epsilon)
    return try combine(call.inputs[0], sums, call.shape, nanoseconds: 5) { (run: BinaryRun<Element, Element>) in
        switch operation.mode {
        case .add: apply(run) { $0 / ($1 + epsilon).squareRoot() }
        case .max: apply(run) { $0 / max($1, epsilon).squareRoot() }
        }
    }
}

func meanVarianceNormalization(_ operation: MVN, _ call: Call) throws -> [Tensor] {
    switch call.elementType {
    case .f64: [try meanVarianceNormalization(operation, call, Double.self)]
    default: [try meanVarianceNormalization(operation, call, Float.self)]
    }
}

private func meanVarianceNormalization<Element: Real>(
    _ operation: MVN, _ call: Call, _ type: Element.Type
) throws -> Tensor {
    let axes = call.inputs.count == 2 ? try call.integers(1) : operation.impliedAxes(rank: call.shape.rank)
    let means = try reduced(call.inputs[0], axes, .mean)
    let centred = try combine(call.inputs[0], means, call.shape, nanoseconds: 1) {
        (run: BinaryRun<Element, Element>) in apply(run) { $0 - $1 }
    }
    guard operation.normalizeVariance else { return centred }
    let squares = try combine(centred, centred, call.shape, nanoseconds: 1) {
        (run: BinaryRun<Element, Element>) in apply(run) { $0 * $1 }
    }
    let epsilon = Element(operation.epsilon)
    return try combine(centred, try reduced(squares, axes, .mean), call.shape, nanoseconds: 5) {
        (run: BinaryRun<Element, Element>) in
        switch operation.mode {
        case .insideSqrt: apply(run) { $0 / ($1 + epsilon).squareRoot() }
        case .outsideSqrt: apply(run) { $0 / ($1.squareRoot() + epsilon) }
        }
    }
}

/// The reduction of `data` over `axes`, which stay with extent 1.
private func reduced(_ data: Tensor, _ axes: [Int], _ kind: Reduction.Kind) throws -> Tensor {
    var dimensions = data.shape.dimensions
    for axis in try normalizedAxes(axes, rank: dimensions.count) { dimensions[axis] = 1 }
    let indices = Tensor(axes.map { Int64($0) })
    return try reduce(
        Reduction(kind, keepDims: true), Call(inputs: [data, indices], shapes: [Shape(dimensions)]))[0]
}
