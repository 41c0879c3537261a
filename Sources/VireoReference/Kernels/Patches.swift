import VireoIR
import VireoTensor

func extractImagePatches(_ operation: ExtractImagePatches, _ call: Call) throws -> [Tensor] {
    let (shape, sizes) = (call.inputs[0].shape, operation.sizes)
    let (channels, height, width) = (shape[1], shape[2], shape[3])
    let (rows, columns) = (call.shape[2], call.shape[3])
    let window = operation.window.resolvingAutoPad(input: [height, width], kernel: sizes)
    let bytes = call.elementType.byteWidth ?? 1
    var result = try Tensor(zeros: call.elementType, call.shape)
    call.inputs[0].withUnsafeBytes { source in
        result.withUnsafeMutableBytes { result in
            for element in 0..<result.count / bytes {
                let (plane, place) = element.quotientAndRemainder(dividingBy: rows * columns)
                let (image, depth) = plane.quotientAndRemainder(dividingBy: sizes[0] * sizes[1] * channels)
                let (tap, channel) = depth.quotientAndRemainder(dividingBy: channels)
                let y =
                    place / columns * window.strides[0] + tap / sizes[1] * window.dilations[0] - window.padsBegin[0]
                let x =
                    place % columns * window.strides[1] + tap % sizes[1] * window.dilations[1] - window.padsBegin[1]
                guard (0..<height).contains(y), (0..<width).contains(x) else { continue }
                let from = (((image * channels + channel) * height + y) * width + x) * bytes
                UnsafeMutableRawBufferPointer(rebasing: result[element * bytes..<(element + 1) * bytes])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[from..<from + bytes]))
            }
        }
    }
    return [result]
}

func columnsToImage(_ operation: Col2Im, _ call: Call) throws -> [Tensor] {
    let (kernel, window) = (try call.integers(2), operation.window)
    let rank = call.shape.rank
    let (channels, height, width) = (call.shape[rank - 3], call.shape[rank - 2], call.shape[rank - 1])
    let places = call.inputs[0].shape[call.inputs[0].shape.rank - 1]
    let columns =
        (width + window.padsBegin[1] + window.padsEnd[1] - (kernel[1] - 1) * window.dilations[1] - 1)
        / window.strides[1] + 1
    let data = try call.inputs[0].doubles()
    var result = [Double](repeating: 0, count: call.shape.elementCount)
    for (element, value) in data.enumerated() {
        let (line, place) = element.quotientAndRemainder(dividingBy: places)
        let (plane, tap) = line.quotientAndRemainder(dividingBy: kernel[0] * kernel[1])
        let y = place / columns * window.strides[0] + tap / kernel[1] * window.dilations[0] - window.padsBegin[0]
        let x = place % columns * window.strides[1] + tap % kernel[1] * window.dilations[1] - window.padsBegin[1]
        guard (0..<height).contains(y), (0..<width).contains(x), plane / channels >= 0 else { continue }
        result[(plane * height + y) * width + x] += value
    }
    return [try Tensor(call.elementType, call.shape, values: result)]
}
