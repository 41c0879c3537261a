import VireoIR
import VireoTensor

func fakeQuantize(_ operation: FakeQuantize, _ call: Call) throws -> [Tensor] {
    switch call.elementType {
    case .f64: [try fakeQuantize(operation.levels, call, Double.self)]
    default: [try fakeQuantize(operation.levels, call, Float.self)]
    }
}

private func fakeQuantize<Element: Real>(_ levels: Int, _ call: Call, _ type: Element.Type) throws -> Tensor {
    let loop = try BroadcastLoop(call.inputs.map(\.shape), to: call.shape)
    let steps = Element(levels - 1)
    let ranges = try call.inputs[1...].map { try $0.array(of: Element.self) }
    return try call.inputs[0].withUnsafeElements(of: Element.self) { data in
        try .making(call.shape) { (result: UnsafeMutableBufferPointer<Element>) in
            loop.forEachRun(nanoseconds: 5) { start, count, operands in
                for index in 0..<count {
                    func limit(_ number: Int) -> Element {
                        ranges[number - 1][operands[number].offset + index * operands[number].stride]
                    }
                    let x = data[operands[0].offset + index * operands[0].stride]
                    result[start + index] = quantized(
                        x, steps: steps, from: (limit(1), limit(2)), to: (limit(3), limit(4)))
                }
            }
        }
    }
}

@inline(__always)
private func quantized<Element: Real>(
    _ x: Element, steps: Element, from input: (low: Element, high: Element), to output: (low: Element, high: Element)
) -> Element {
    if x <= min(input.low, input.high) { return output.low }
    if x > max(input.low, input.high) { return output.high }
    let level = ((x - input.low) / (input.high - input.low) * steps).rounded(.toNearestOrEven)
    return level / steps * (output.high - output.low) + output.low
}
