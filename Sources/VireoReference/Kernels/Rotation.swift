import VireoIR
import VireoTensor

func roll(_ operation: Roll, _ call: Call) throws -> [Tensor] {
    let (shifts, axes) = (try call.integers(1), try call.integers(2))
    guard shifts.count == axes.count || shifts.count == 1 else {
        throw VireoError(.invalidArgument, "\(shifts.count) shifts for \(axes.count) axes")
    }
    let shape = call.shape
    var moves = [Int](repeating: 0, count: shape.rank)
    for (index, axis) in axes.enumerated() {
        let axis = try normalizedAxis(axis, rank: shape.rank)
        guard shape[axis] > 0 else { return [call.inputs[0]] }
        let shift = shifts[shifts.count == 1 ? 0 : index] % shape[axis]
        moves[axis] = (moves[axis] + shift + shape[axis]) % shape[axis]
    }
    return [try rearranged(call) { axis, index in (index - moves[axis] + shape[axis]) % shape[axis] }]
}

func reverse(_ operation: Reverse, _ call: Call) throws -> [Tensor] {
    let rank = call.shape.rank
    let turned = call.inputs.count == 2 ? Set(try operation.axes(call.integers(1), rank: rank)) : []
    return [try rearranged(call) { axis, index in turned.contains(axis) ? call.shape[axis] - 1 - index : index }]
}

/// The first input's elements, of which each comes from where `source` says, axis by axis.
private func rearranged(_ call: Call, _ source: (_ axis: Int, _ index: Int) -> Int) throws -> Tensor {
    let (shape, strides) = (call.shape, call.shape.strides)
    let tables = (0..<shape.rank).map { axis in (0..<shape[axis]).map { source(axis, $0) * strides[axis] } }
    let width = call.elementType.byteWidth ?? 1
    var result = try Tensor(zeros: call.elementType, shape)
    call.inputs[0].withUnsafeBytes { from in
        result.withUnsafeMutableBytes { result in
            for element in 0..<shape.elementCount {
                var place = 0
                for axis in 0..<shape.rank { place += tables[axis][element / strides[axis] % shape[axis]] }
                UnsafeMutableRawBufferPointer(rebasing: result[element * width..<(element + 1) * width])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: from[place * width..<(place + 1) * width]))
            }
        }
    }
    return result
}

func eye(_ operation: Eye, _ call: Call) throws -> [Tensor] {
    let rank = call.shape.rank
    let (rows, columns) = (call.shape[rank - 2], call.shape[rank - 1])
    guard let diagonal = try call.integers(2).first else { throw VireoError(.invalidArgument, "no diagonal") }
    let values = (0..<call.shape.elementCount).map { element -> Double in
        let place = element % (rows * columns)
        let (row, column) = (place / columns, place % columns)
        return column.subtractingReportingOverflow(row) == (diagonal, false) ? 1 : 0
    }
    return [try Tensor(operation.outputType, call.shape, values: values)]
}
