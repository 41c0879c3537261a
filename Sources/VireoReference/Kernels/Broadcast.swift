import VireoIR
import VireoTensor

func broadcast(_ operation: Broadcast, _ call: Call) throws -> [Tensor] {
    let data = call.inputs[0]
    let shape = call.shape
    // The axis of the result that each axis of the data becomes.
    let axes: [Int]
    if operation.mode == .explicit {
        guard call.inputs.count == 3 else {
            throw VireoError(.invalidArgument, "Broadcast with mode explicit needs the axes as a third input")
        }
        axes = try call.integers(2)
    } else {
        axes = data.shape.dimensions.indices.map { $0 + shape.rank - data.shape.rank }
    }
    var strides = [Int](repeating: 0, count: shape.rank)
    for (axis, extent) in data.shape.dimensions.enumerated() where extent != 1 {
        guard shape[axes[axis]] == extent else {
            throw VireoError(.invalidArgument, "\(data.shape) does not broadcast to \(shape) along axes \(axes)")
        }
        strides[axes[axis]] = data.shape.strides[axis]
    }
    return [try StridedCopy(extents: shape.dimensions, strides: strides)(data, shape: shape)]
}
