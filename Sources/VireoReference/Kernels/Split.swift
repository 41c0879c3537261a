import VireoIR
import VireoTensor

func split(_ operation: Split, _ call: Call) throws -> [Tensor] { try parts(call) }

func variadicSplit(_ operation: VariadicSplit, _ call: Call) throws -> [Tensor] { try parts(call) }

/// The data cut along the axis of the second input into the shapes that inference found.
private func parts(_ call: Call) throws -> [Tensor] {
    let data = call.inputs[0]
    let axis = try normalizedAxis(try call.integers(1)[0], rank: data.shape.rank)
    let strides = data.shape.strides
    var start = 0
    return try call.shapes.map { shape in
        defer { start += shape[axis] }
        return try StridedCopy(extents: shape.dimensions, strides: strides, offset: start * strides[axis])(
            data, shape: shape)
    }
}
