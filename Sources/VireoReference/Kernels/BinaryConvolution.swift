import VireoIR
import VireoTensor

func binaryConvolution(_ operation: BinaryConvolution, _ call: Call) throws -> [Tensor] {
    let data = try call.floats(0).map { $0 > 0 ? Float(1) : -1 }
    let weights = call.inputs[1]
    // The first of eight elements is the lowest bit.
    let signs = weights.withUnsafeBytes { bytes in
        (0..<weights.elementCount).map { bytes[$0 / 8] >> ($0 % 8) & 1 == 1 ? Float(1) : -1 }
    }
    let inputs = [Tensor(data, call.inputs[0].shape), Tensor(signs, weights.shape)]
    return [
        try correlate(
            operation.window, groups: 1, Call(inputs: inputs, shapes: call.shapes), padValue: Float(operation.padValue))
    ]
}
