import VireoIR
import VireoTensor

func preLU(_ operation: PReLU, _ call: Call) throws -> [Tensor] {
    var slope = call.inputs[1]
    // A list of slopes runs along the channels, axis 1, and not along the last axis as broadcasting would have it.
    if slope.shape.rank == 1, call.shape.rank > 1, slope.elementCount == call.shape[1] {
        slope = try slope.reshaped(
            to: Shape([slope.elementCount] + [Int](repeating: 1, count: call.shape.rank - 2)))
    }
    return switch call.elementType {
    case .f64: [try preLU(call.inputs[0], slope, call.shape, Double.self)]
    default: [try preLU(call.inputs[0], slope, call.shape, Float.self)]
    }
}

private func preLU<Element: Real>(
    _ data: Tensor, _ slope: Tensor, _ shape: Shape, _ type: Element.Type
) throws -> Tensor {
    try combine(data, slope, shape, nanoseconds: 1) { (row: BinaryRun<Element, Element>) in
        apply(row) { x, slope in x >= 0 ? x : x * slope }
    }
}
