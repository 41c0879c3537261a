import VireoIR
import VireoTensor

func slice(_ operation: Slice, _ call: Call) throws -> [Tensor] {
    let data = call.inputs[0]
    let steps = try part(call, first: 1).steps(data.shape.dimensions)
    let own = data.shape.strides
    let offset = zip(steps, own).reduce(0) { $0 + ($1.0.count > 0 ? $1.0.start * $1.1 : 0) }
    return [
        try StridedCopy(
            extents: steps.map(\.count), strides: zip(steps, own).map { $0.count > 1 ? $0.stride * $1 : 0 },
            offset: offset)(data, shape: call.shape)
    ]
}

func sliceScatter(_ operation: SliceScatter, _ call: Call) throws -> [Tensor] {
    var result = call.inputs[0]
    let steps = try part(call, first: 2).steps(result.shape.dimensions)
    let (width, own) = (result.elementType.byteWidth ?? 1, result.shape.strides)
    let updates = call.inputs[1]
    updates.withUnsafeBytes { updates in
        result.withUnsafeMutableBytes { result in
            for number in 0..<updates.count / width {
                var (rest, place) = (number, 0)
                for axis in steps.indices.reversed() {
                    let step = steps[axis]
                    place += (step.start + rest % step.count * step.stride) * own[axis]
                    rest /= step.count
                }
                UnsafeMutableRawBufferPointer(rebasing: result[place * width..<(place + 1) * width])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: updates[number * width..<(number + 1) * width]))
            }
        }
    }
    return [result]
}

private func part(_ call: Call, first: Int) throws -> SlicedPart {
    try SlicedPart(
        start: call.integers(first), stop: call.integers(first + 1), step: call.integers(first + 2),
        axes: call.inputs.count > first + 3 ? call.integers(first + 3) : nil)
}
