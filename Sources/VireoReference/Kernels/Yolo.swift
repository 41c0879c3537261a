import VireoIR
import VireoTensor

func regionYolo(_ operation: RegionYolo, _ call: Call) throws -> [Tensor] {
    let shape = call.inputs[0].shape
    let area = shape[2] * shape[3]
    var elements = try call.floats(0)
    let (classes, coordinates) = (operation.classes, operation.coordinates)
    guard area > 0 else { return [try call.inputs[0].reshaped(to: call.shape)] }
    func sigmoid(_ places: Range<Int>) {
        for place in places { elements[place] = 1 / (1 + Float.exp(-elements[place])) }
    }
    for region in 0..<shape[0] * operation.regions {
        let start = region * operation.regionSize * area
        sigmoid(start..<start + 2 * area)
        let objectness = start + coordinates * area
        guard operation.softmax else {
            sigmoid(objectness..<objectness + (1 + classes) * area)
            continue
        }
        sigmoid(objectness..<objectness + area)
        for place in objectness + area..<objectness + 2 * area {
            let places = stride(from: place, to: place + classes * area, by: area)
            let largest = places.reduce(-Float.infinity) { max($0, elements[$1]) }
            for place in places { elements[place] = Float.exp(elements[place] - largest) }
            let sum = places.reduce(0) { $0 + elements[$1] }
            for place in places { elements[place] /= sum }
        }
    }
    return [Tensor(elements, call.shape)]
}

func reorgYolo(_ operation: ReorgYolo, _ call: Call) throws -> [Tensor] {
    let data = call.inputs[0]
    let side = operation.stride
    let (channels, height, width) = (data.shape[1], data.shape[2], data.shape[3])
    let outer = channels / (side * side)
    var result = try Tensor(zeros: data.elementType, call.shape)
    guard result.byteCount > 0 else { return [result] }
    let size = result.byteCount / result.elementCount
    data.withUnsafeBytes { source in
        result.withUnsafeMutableBytes { target in
            // The input read as one of fewer channels and a larger plane, from which each channel takes every `side`th.
            var place = 0
            for image in 0..<data.shape[0] {
                for channel in 0..<channels {
                    let (offset, plane) = channel.quotientAndRemainder(dividingBy: outer)
                    for y in 0..<height {
                        let row = ((image * outer + plane) * height * side + y * side + offset / side) * width * side
                        for x in 0..<width {
                            let from = (row + x * side + offset % side) * size
                            for byte in 0..<size { target[place + byte] = source[from + byte] }
                            place += size
                        }
                    }
                }
            }
        }
    }
    return [result]
}
