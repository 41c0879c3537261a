import VireoIR
import VireoTensor

func avgPool(_ operation: AvgPool, _ call: Call) throws -> [Tensor] {
    switch call.elementType {
    case .f64: [try avgPool(operation, call, Double.self)]
    default: [try avgPool(operation, call, Float.self)]
    }
}

private func avgPool<Element: Real>(_ operation: AvgPool, _ call: Call, _ type: Element.Type) throws -> Tensor {
    let data = call.inputs[0]
    let geometry = try WindowGeometry(
        operation.window, input: Array(data.shape.dimensions[2...]), kernel: operation.kernel,
        output: Array(call.shape.dimensions[2...]))
    let planes = data.shape[0] * data.shape[1]
    // As OpenVINO has it, a pool without pads has none to count, even where a rounded-up extent reaches past the input.
    let divisors =
        operation.excludePad || !geometry.hasPads
        ? geometry.coveredCounts.map { Element($0) }
        : [Element](repeating: Element(geometry.kernel.count), count: geometry.output.count)
    return try data.withUnsafeElements(of: Element.self) { data in
        let image = geometry.padding(data, count: planes, with: 0)
        return try .making(call.shape) { (result: UnsafeMutableBufferPointer<Element>) in
            geometry.forEachWindow(planes: planes) { window, source in
                let divisor = divisors[window % geometry.output.count]
                result[window] = divisor == 0 ? 0 : sum(image.base + source, geometry) / divisor
            }
        }
    }
}

private func sum<Element: Real>(_ window: UnsafePointer<Element>, _ geometry: WindowGeometry) -> Element {
    var sum: Element = 0
    for z in 0..<geometry.kernel.depth {
        for y in 0..<geometry.kernel.height {
            let row = window + geometry.position(z * geometry.dilations.depth, y * geometry.dilations.height, 0)
            var rowSum: Element = 0
            for x in 0..<geometry.kernel.width { rowSum += row[x * geometry.dilations.width] }
            sum += rowSum
        }
    }
    return sum
}

extension WindowGeometry {
    /// How many elements of the input each window covers.
    fileprivate var coveredCounts: [Int] {
        func covered(_ start: Int, _ kernel: Int, _ dilation: Int, _ extent: Int) -> Int {
            (0..<kernel).count { (0..<extent).contains(start + $0 * dilation) }
        }
        let widths = (0..<output.width).map { x in
            covered(x * strides.width - padsBegin.width, kernel.width, dilations.width, input.width)
        }
        return (0..<output.depth).flatMap { z in
            let depth = covered(z * strides.depth - padsBegin.depth, kernel.depth, dilations.depth, input.depth)
            return (0..<output.height).flatMap { y in
                let height = covered(
                    y * strides.height - padsBegin.height, kernel.height, dilations.height, input.height)
                return widths.map { depth * height * $0 }
            }
        }
    }
}
