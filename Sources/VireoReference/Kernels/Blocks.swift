import VireoIR
import VireoTensor

func spaceToBatch(_ operation: SpaceToBatch, _ call: Call) throws -> [Tensor] {
    let block = try call.integers(1)
    let rank = block.count
    let padded = try pad(
        Pad(),
        Call(
            inputs: [call.inputs[0], call.inputs[2], call.inputs[3]],
            shapes: [
                Shape(
                    zip(block, call.shape.dimensions).enumerated().map { axis, pair in
                        axis == 0 ? call.inputs[0].shape[0] : pair.0 * pair.1
                    })
            ]))[0]
    // [N, D1 / b1, b1, …] becomes [b1, …, N, D1 / b1, …].
    var split = [padded.shape[0]]
    for axis in 1..<rank { split += [call.shape[axis], block[axis]] }
    let order = (1..<rank).map { 2 * $0 } + [0] + (1..<rank).map { 2 * $0 - 1 }
    let blocks = try transposed(padded.reshaped(to: Shape(split)), order)
    return [try blocks.reshaped(to: call.shape)]
}

func batchToSpace(_ operation: BatchToSpace, _ call: Call) throws -> [Tensor] {
    let data = call.inputs[0]
    let block = try call.integers(1)
    let rank = block.count
    let split = Array(block.dropFirst()) + [call.shape[0]] + data.shape.dimensions.dropFirst()
    // [b1, …, N, D1, …] becomes [N, D1, b1, …].
    let order = [rank - 1] + (1..<rank).flatMap { [rank - 1 + $0, $0 - 1] }
    let whole = Shape([call.shape[0]] + (1..<rank).map { data.shape[$0] * block[$0] })
    let joined = try transposed(data.reshaped(to: Shape(split)), order).reshaped(to: whole)
    let offset = zip(try call.integers(2), whole.strides).reduce(0) { $0 + $1.0 * $1.1 }
    return [
        try StridedCopy(extents: call.shape.dimensions, strides: whole.strides, offset: offset)(
            joined, shape: call.shape)
    ]
}

func depthToSpace(_ operation: DepthToSpace, _ call: Call) throws -> [Tensor] {
    let data = call.inputs[0].shape
    let spatial = data.rank - 2
    let blocks = [Int](repeating: operation.blockSize, count: spatial)
    // Where the blocks and the channels stand once the channel axis is split.
    let channel = operation.mode == .blocksFirst ? spatial + 1 : 1
    let firstBlock = operation.mode == .blocksFirst ? 1 : 2
    let parts = operation.mode == .blocksFirst ? blocks + [call.shape[1]] : [call.shape[1]] + blocks
    let split = Shape([data[0]] + parts + data.dimensions.dropFirst(2))
    let order = [0, channel] + (0..<spatial).flatMap { [spatial + 2 + $0, firstBlock + $0] }
    return [try transposed(call.inputs[0].reshaped(to: split), order).reshaped(to: call.shape)]
}

func spaceToDepth(_ operation: SpaceToDepth, _ call: Call) throws -> [Tensor] {
    let data = call.inputs[0].shape
    let spatial = data.rank - 2
    var split = [data[0], data[1]]
    for axis in 2..<data.rank { split += [call.shape[axis], operation.blockSize] }
    let blocks = (0..<spatial).map { 3 + 2 * $0 }
    let channels = operation.mode == .blocksFirst ? blocks + [1] : [1] + blocks
    let order = [0] + channels + (0..<spatial).map { 2 + 2 * $0 }
    return [try transposed(call.inputs[0].reshaped(to: Shape(split)), order).reshaped(to: call.shape)]
}
