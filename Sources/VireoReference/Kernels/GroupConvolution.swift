import VireoIR
import VireoTensor

func groupConvolution(_ operation: GroupConvolution, _ call: Call) throws -> [Tensor] {
    let weights = call.inputs[1].shape
    let isDepthwise = weights[2] == 1
    return switch (call.elementType, isDepthwise) {
    case (.f64, true): [try correlateDepthwise(operation.window, call, Double.self)]
    case (.f64, false): [try correlate(operation.window, groups: weights[0], call, Double.self)]
    case (_, true): [try correlateDepthwise(operation.window, call, Float.self)]
    case (_, false): [try correlate(operation.window, groups: weights[0], call, Float.self)]
    }
}

/// One input channel a group: each output channel reads one channel only, row by row.
private func correlateDepthwise<Element: Real>(
    _ window: SlidingWindow, _ call: Call, _ type: Element.Type
) throws -> Tensor {
    let (data, weights) = (call.inputs[0], call.inputs[1])
    let geometry = try WindowGeometry(
        window, input: Array(data.shape.dimensions[2...]), kernel: Array(weights.shape.dimensions[3...]),
        output: Array(call.shape.dimensions[2...]))
    let inputs = data.shape[1]
    let outputs = call.shape[1]
    return try data.withUnsafeElements(of: Element.self) { data in
        try weights.withUnsafeElements(of: Element.self) { weights in
            try .making(call.shape) { (result: UnsafeMutableBufferPointer<Element>) in
                guard !result.isEmpty else { return }
                let image = geometry.padding(data, count: call.shape[0] * inputs, with: 0)
                let planes = call.shape[0] * outputs
                let work = Double(geometry.output.count * geometry.kernel.count)
                Parallel.forEach(planes, nanoseconds: work / 2) { range in
                    for plane in range {
                        let (batch, output) = plane.quotientAndRemainder(dividingBy: outputs)
                        let input = batch * inputs + output / (outputs / inputs)
                        correlatePlane(
                            image.base + input * geometry.padded.count,
                            weights.baseAddress! + output * geometry.kernel.count, geometry,
                            result.baseAddress! + plane * geometry.output.count)
                    }
                }
                withExtendedLifetime(image) {}
            }
        }
    }
}

private func correlatePlane<Element: Real>(
    _ image: UnsafePointer<Element>, _ weights: UnsafePointer<Element>, _ geometry: WindowGeometry,
    _ result: UnsafeMutablePointer<Element>
) {
    let offsets = geometry.kernelOffsets
    let width = geometry.output.width
    let stride = geometry.strides.width
    for z in 0..<geometry.output.depth {
        for y in 0..<geometry.output.height {
            let row = result + (z * geometry.output.height + y) * width
            let start = image + geometry.position(z * geometry.strides.depth, y * geometry.strides.height, 0)
            for (index, offset) in offsets.enumerated() {
                let weight = weights[index]
                let source = start + offset
                if stride == 1 {
                    for x in 0..<width { row[x] += weight * source[x] }
                } else {
                    for x in 0..<width { row[x] += weight * source[x * stride] }
                }
            }
        }
    }
}
