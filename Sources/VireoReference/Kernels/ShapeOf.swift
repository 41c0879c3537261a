import VireoIR
import VireoTensor

func shapeOf(_ operation: ShapeOf, _ call: Call) throws -> [Tensor] {
    [Tensor(call.inputs[0].shape.dimensions.map { Int64($0) })]
}
