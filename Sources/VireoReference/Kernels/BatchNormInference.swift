import VireoIR
import VireoTensor

func batchNormInference(_ operation: BatchNormInference, _ call: Call) throws -> [Tensor] {
    var call = call
    if operation.dataInput != 0 {
        let inputs = call.inputs
        call = Call(inputs: [inputs[operation.dataInput]] + inputs[..<2] + inputs[3...], shapes: call.shapes)
    }
    return switch call.elementType {
    case .f64: [try batchNormInference(operation.epsilon, call)]
    default: [try batchNormInference(Float(operation.epsilon), call)]
    }
}

/// Each channel is scaled and shifted by two numbers that follow from gamma, beta, mean and variance.
private func batchNormInference<Element: Real>(_ epsilon: Element, _ call: Call) throws -> Tensor {
    let vectors = try call.inputs[1...].map { try $0.array(of: Element.self) }
    let (gamma, beta, mean, variance) = (vectors[0], vectors[1], vectors[2], vectors[3])
    let scale = gamma.indices.map { gamma[$0] / (variance[$0] + epsilon).squareRoot() }
    let shift = gamma.indices.map { beta[$0] - mean[$0] * scale[$0] }
    let channels = call.shape[1]
    let size = call.shape.dimensions[2...].reduce(1, *)
    return try call.inputs[0].withUnsafeElements(of: Element.self) { source in
        try .making(call.shape) { (result: UnsafeMutableBufferPointer<Element>) in
            guard !result.isEmpty else { return }
            Parallel.forEach(call.shape[0] * channels, nanoseconds: Double(size)) { range in
                for plane in range {
                    let (factor, offset) = (scale[plane % channels], shift[plane % channels])
                    apply(source.baseAddress! + plane * size, result.baseAddress! + plane * size, size) {
                        $0 * factor + offset
                    }
                }
            }
        }
    }
}
