import VireoIR
import VireoTensor

func groupNormalization(_ operation: GroupNormalization, _ call: Call) throws -> [Tensor] {
    let (data, scale, bias) = (try call.inputs[0].doubles(), try call.inputs[1].doubles(), try call.inputs[2].doubles())
    let channels = call.shape[1]
    let size = call.shape.dimensions[2...].reduce(1, *)
    let span = channels / operation.groups * size
    var result = data
    for start in stride(from: 0, to: data.count, by: max(span, 1)) {
        let part = data[start..<start + span]
        let mean = part.reduce(0, +) / Double(span)
        let variance = part.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(span)
        let factor = 1 / (variance + operation.epsilon).squareRoot()
        for index in part.indices {
            let channel = index / size % channels
            result[index] = (data[index] - mean) * factor * scale[channel] + bias[channel]
        }
    }
    return [try Tensor(call.elementType, call.shape, values: result)]
}

func globalResponseNormalization(_ operation: GRN, _ call: Call) throws -> [Tensor] {
    let data = try call.floats(0)
    let channels = call.shape[1]
    let size = call.shape.dimensions[2...].reduce(1, *)
    var result = data
    for image in 0..<call.shape[0] {
        for place in 0..<size {
            let first = image * channels * size + place
            let places = stride(from: first, to: first + channels * size, by: size)
            let sum = places.reduce(Float(operation.bias)) { $0 + data[$1] * data[$1] }
            for place in places { result[place] = data[place] / sum.squareRoot() }
        }
    }
    return [Tensor(result, call.shape)]
}
