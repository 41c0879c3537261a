import VireoIR
import VireoTensor

func transpose(_ operation: Transpose, _ call: Call) throws -> [Tensor] {
    let data = call.inputs[0]
    let listed = try call.integers(1)
    let order = listed.isEmpty ? Array(data.shape.dimensions.indices.reversed()) : listed
    return [try transposed(data, order)]
}

/// Axis i of the result is axis order[i] of `data`.
func transposed(_ data: Tensor, _ order: [Int]) throws -> Tensor {
    let shape = Shape(order.map { data.shape[$0] })
    let strides = data.shape.strides
    return try StridedCopy(extents: shape.dimensions, strides: order.map { strides[$0] })(data, shape: shape)
}
