import VireoIR
import VireoTensor

func reverseSequence(_ operation: ReverseSequence, _ call: Call) throws -> [Tensor] {
    let shape = call.inputs[0].shape
    let batchAxis = try normalizedAxis(operation.batchAxis, rank: shape.rank)
    let axis = try normalizedAxis(operation.sequenceAxis, rank: shape.rank)
    let lengths = try call.integers(1)
    guard lengths.allSatisfy((0...shape[axis]).contains) else {
        throw VireoError(.invalidArgument, "lengths \(lengths) of sequences of \(shape[axis])")
    }
    let strides = shape.strides
    return [
        try rearranged(call) { place in
            let position = place / strides[axis] % shape[axis]
            let length = lengths[place / strides[batchAxis] % shape[batchAxis]]
            return position < length ? place + (length - 1 - 2 * position) * strides[axis] : place
        }
    ]
}

func shuffleChannels(_ operation: ShuffleChannels, _ call: Call) throws -> [Tensor] {
    let shape = call.inputs[0].shape
    let axis = try normalizedAxis(operation.axis, rank: shape.rank)
    let stride = shape.strides[axis]
    let inGroup = shape[axis] / operation.group
    return [
        try rearranged(call) { place in
            let channel = place / stride % shape[axis]
            let source = channel % operation.group * inGroup + channel / operation.group
            return place + (source - channel) * stride
        }
    ]
}

func bucketize(_ operation: Bucketize, _ call: Call) throws -> [Tensor] {
    let boundaries = try call.inputs[1].doubles()
    let buckets = try call.inputs[0].doubles().map { element in
        var (low, high) = (0, boundaries.count)
        while low < high {
            let middle = (low + high) / 2
            let isBehind = operation.withRightBound ? boundaries[middle] < element : boundaries[middle] <= element
            if isBehind { low = middle + 1 } else { high = middle }
        }
        return Int64(low)
    }
    return [Tensor(buckets, call.shape)]
}

/// The elements of the first input, each taken from the place that `source` gives for it.
private func rearranged(_ call: Call, from source: (_ place: Int) -> Int) throws -> Tensor {
    let data = call.inputs[0]
    var result = try Tensor(zeros: data.elementType, call.shape)
    guard result.byteCount > 0 else { return result }
    let size = result.byteCount / result.elementCount
    data.withUnsafeBytes { elements in
        result.withUnsafeMutableBytes { target in
            for place in 0..<target.count / size {
                let from = source(place) * size
                for byte in 0..<size { target[place * size + byte] = elements[from + byte] }
            }
        }
    }
    return result
}
