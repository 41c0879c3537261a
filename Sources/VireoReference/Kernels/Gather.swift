import VireoIR
import VireoTensor

func gather(_ operation: Gather, _ call: Call) throws -> [Tensor] {
    let (data, indices) = (call.inputs[0], call.inputs[1])
    let axis = try normalizedAxis(try call.integers(2)[0], rank: data.shape.rank)
    let batchDims = operation.batchDims < 0 ? operation.batchDims + indices.shape.rank : operation.batchDims
    guard data.shape.dimensions[..<batchDims] == indices.shape.dimensions[..<batchDims] else {
        throw VireoError(
            .invalidArgument, "\(data.shape) and \(indices.shape) differ in their first \(batchDims) dimensions")
    }
    let extent = data.shape[axis]
    let positions = try call.integers(1).map { index in
        // Only version 8 counts negative indices from the back.
        let position = index < 0 && operation.version >= 8 ? index + extent : index
        guard (0..<extent).contains(position) else {
            throw VireoError(.invalidArgument, "Gather of index \(index) from an axis of \(extent)")
        }
        return position
    }
    let batches = data.shape.dimensions[..<batchDims].reduce(1, *)
    let outer = data.shape.dimensions[batchDims..<axis].reduce(1, *)
    let picked = indices.shape.dimensions[batchDims...].reduce(1, *)
    var result = try Tensor(zeros: data.elementType, call.shape)
    guard result.byteCount > 0 else { return [result] }
    let slice = result.byteCount / (batches * outer * picked)
    data.withUnsafeBytes { data in
        result.withUnsafeMutableBytes { result in
            for row in 0..<batches * outer {
                for index in 0..<picked {
                    let from = row * extent + positions[row / outer * picked + index]
                    let target = UnsafeMutableRawBufferPointer(rebasing: result[((row * picked + index) * slice)...])
                    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: data[from * slice..<(from + 1) * slice]))
                }
            }
        }
    }
    return [result]
}
