import VireoIR
import VireoTensor

func convolutionBackpropData(_ operation: ConvolutionBackpropData, _ call: Call) throws -> [Tensor] {
    switch call.elementType {
    case .f64: [try spread(operation, call, Double.self)]
    default: [try spread(operation, call, Float.self)]
    }
}

/// Every input element adds the kernel, times itself, to the place of the output that it stands for.
private func spread<Element: Real>(
    _ operation: ConvolutionBackpropData, _ call: Call, _ type: Element.Type
) throws -> Tensor {
    let (data, weights) = (call.inputs[0], call.inputs[1])
    let spatialRank = operation.window.spatialRank
    let inputExtents = Array(data.shape.dimensions[2...])
    let kernelExtents = Array(weights.shape.dimensions.suffix(spatialRank))
    let (window, _) = try operation.resolved(
        input: inputExtents, kernel: kernelExtents,
        output: call.inputs.count == 3 ? Array(call.shape.dimensions[2...]) : nil)
    let input = try Volume(inputExtents)
    let kernel = try Volume(kernelExtents)
    let output = try Volume(Array(call.shape.dimensions[2...]))
    let strides = try Volume(window.strides)
    let dilations = try Volume(window.dilations)
    let pads = try Volume(window.padsBegin, filling: 0)
    let groups = operation.isGrouped ? weights.shape[0] : 1
    let inputs = data.shape[1] / max(groups, 1)
    let outputs = call.shape[1] / max(groups, 1)
    return try data.withUnsafeElements(of: Element.self) { data in
        try weights.withUnsafeElements(of: Element.self) { weights in
            try .making(call.shape) { (result: UnsafeMutableBufferPointer<Element>) in
                guard !result.isEmpty else { return }
                let work = Double(inputs * input.count * kernel.count)
                Parallel.forEach(call.shape[0] * call.shape[1], nanoseconds: work) { range in
                    for plane in range {
                        let (batch, channel) = plane.quotientAndRemainder(dividingBy: call.shape[1])
                        let (group, outputChannel) = channel.quotientAndRemainder(dividingBy: outputs)
                        let target = result.baseAddress! + plane * output.count
                        for inputChannel in 0..<inputs {
                            let source =
                                data.baseAddress! + ((batch * groups + group) * inputs + inputChannel) * input.count
                            let filter =
                                weights.baseAddress!
                                + ((group * inputs + inputChannel) * outputs + outputChannel) * kernel.count
                            forEachPair(input, kernel, output, strides, dilations, pads) { from, weight, to in
                                target[to] += source[from] * filter[weight]
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Calls `body` with each place of an input channel, of the kernel, and the place of the output channel they meet at.
@inline(__always)
private func forEachPair(
    _ input: Volume, _ kernel: Volume, _ output: Volume, _ strides: Volume, _ dilations: Volume, _ pads: Volume,
    _ body: (_ input: Int, _ kernel: Int, _ output: Int) -> Void
) {
    for kz in 0..<kernel.depth {
        for ky in 0..<kernel.height {
            for kx in 0..<kernel.width {
                let weight = (kz * kernel.height + ky) * kernel.width + kx
                for z in 0..<input.depth {
                    let oz = z * strides.depth + kz * dilations.depth - pads.depth
                    guard (0..<output.depth).contains(oz) else { continue }
                    for y in 0..<input.height {
                        let oy = y * strides.height + ky * dilations.height - pads.height
                        guard (0..<output.height).contains(oy) else { continue }
                        for x in 0..<input.width {
                            let ox = x * strides.width + kx * dilations.width - pads.width
                            guard (0..<output.width).contains(ox) else { continue }
                            body(
                                (z * input.height + y) * input.width + x, weight,
                                (oz * output.height + oy) * output.width + ox)
                        }
                    }
                }
            }
        }
    }
}
