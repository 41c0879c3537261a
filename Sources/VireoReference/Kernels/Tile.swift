import VireoIR
import VireoTensor

func tile(_ operation: Tile, _ call: Call) throws -> [Tensor] {
    let data = call.inputs[0]
    let repeats = try call.integers(1)
    let rank = call.shape.rank
    func padded(_ list: [Int]) -> [Int] { [Int](repeating: 1, count: rank - list.count) + list }
    // Each axis becomes two: which repetition, and where in it.
    var extents: [Int] = []
    var strides: [Int] = []
    let own = [Int](repeating: 0, count: rank - data.shape.rank) + data.shape.strides
    for (axis, (count, extent)) in zip(padded(repeats), padded(data.shape.dimensions)).enumerated() {
        extents += [count, extent]
        strides += [0, own[axis]]
    }
    return [try StridedCopy(extents: extents, strides: strides)(data, shape: call.shape)]
}
