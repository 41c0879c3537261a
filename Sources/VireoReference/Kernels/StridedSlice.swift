import VireoIR
import VireoTensor

func stridedSlice(_ operation: StridedSlice, _ call: Call) throws -> [Tensor] {
    let data = call.inputs[0]
    let steps = try operation.plan(
        data.shape.dimensions, begin: call.integers(1), end: call.integers(2),
        strides: call.inputs.count == 4 ? call.integers(3) : nil)
    let own = data.shape.strides
    var extents: [Int] = []
    var strides: [Int] = []
    var offset = 0
    var axis = 0
    for step in steps {
        guard case .slice(let start, let stride, let count, _) = step else { continue }
        extents.append(count)
        strides.append(count > 1 ? stride * own[axis] : 0)
        offset += start * own[axis]
        axis += 1
    }
    return [try StridedCopy(extents: extents, strides: strides, offset: offset)(data, shape: call.shape)]
}
