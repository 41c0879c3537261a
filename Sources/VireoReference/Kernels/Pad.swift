import VireoIR
import VireoTensor

func pad(_ operation: Pad, _ call: Call) throws -> [Tensor] {
    switch call.elementType.byteWidth {
    case 1: [try pad(operation.mode, call, UInt8.self)]
    case 2: [try pad(operation.mode, call, UInt16.self)]
    case 4: [try pad(operation.mode, call, UInt32.self)]
    default: [try pad(operation.mode, call, UInt64.self)]
    }
}

/// `Bits` has the width of an element, whatever it means.
private func pad<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ mode: Pad.Mode, _ call: Call, _ type: Bits.Type
) throws -> Tensor {
    let data = call.inputs[0]
    let begin = try call.integers(1)
    // For each axis, the element of the data that each element of the result comes from; nil is the pad value.
    let sources = call.shape.dimensions.indices.map { axis in
        (0..<call.shape[axis]).map { source($0 - begin[axis], extent: data.shape[axis], mode) }
    }
    let fill = try padValue(call, Bits.self)
    let strides = data.shape.strides
    let width = call.shape.dimensions.last ?? 1
    var result = try Tensor(zeros: data.elementType, call.shape)
    guard result.byteCount > 0 else { return result }
    data.withUnsafeBytes { data in
        result.withUnsafeMutableBytes { result in
            let data = data.bindMemory(to: Bits.self)
            let result = result.bindMemory(to: Bits.self)
            for row in 0..<result.count / width {
                var start: Int? = 0
                var rest = row
                for axis in stride(from: sources.count - 2, through: 0, by: -1) {
                    let (outer, index) = rest.quotientAndRemainder(dividingBy: sources[axis].count)
                    rest = outer
                    start = start.flatMap { start in sources[axis][index].map { start + $0 * strides[axis] } }
                }
                for index in 0..<width {
                    let within = sources.isEmpty ? 0 : sources[sources.count - 1][index]
                    if let start, let within {
                        result[row * width + index] = data[start + within]
                    } else {
                        result[row * width + index] = fill
                    }
                }
            }
        }
    }
    return result
}

private func source(_ index: Int, extent: Int, _ mode: Pad.Mode) -> Int? {
    if (0..<extent).contains(index) { return index }
    return switch mode {
    case .constant: nil
    case .edge: index < 0 ? 0 : extent - 1
    case .reflect: index < 0 ? -index : 2 * (extent - 1) - index
    case .symmetric: index < 0 ? -index - 1 : 2 * extent - 1 - index
    }
}

private func padValue<Bits: FixedWidthInteger & BitwiseCopyable>(_ call: Call, _ type: Bits.Type) throws -> Bits {
    guard call.inputs.count == 4 else { return 0 }
    let value = call.inputs[3]
    guard value.elementCount == 1, value.elementType == call.elementType else {
        throw VireoError(
            .invalidArgument,
            "the pad value is \(value.elementType)\(value.shape), and one \(call.elementType) is needed")
    }
    return value.withUnsafeBytes { $0.load(as: Bits.self) }
}
