import VireoIR
import VireoReference
import VireoTensor

extension Model {
    /// The operands of a commutative node of which one is constant.
    func constantOperand(_ node: Node) -> (data: Output, tensor: Tensor, constantIndex: Int)? {
        guard node.inputs.count == 2 else { return nil }
        for index in [1, 0] {
            if let tensor = constant(node.inputs[index]), constant(node.inputs[1 - index]) == nil {
                return (node.inputs[1 - index], tensor, index)
            }
        }
        return nil
    }

    func isBinary(_ node: Node, _ kind: BinaryElementwise.Kind) -> Bool {
        (node.operation as? BinaryElementwise)?.kind == kind
    }

    /// The node that computes `value` when it is of kind `kind` and nobody else reads it.
    func soleBinary(_ value: Output, _ kind: BinaryElementwise.Kind) -> Node? {
        let node = self[value.node]
        return isBinary(node, kind) && uses(of: value).count == 1 ? node : nil
    }

    /// Whether `value` has a known rank of which only axis 1 differs from 1 in `tensor`, or `tensor` is one number:
    /// then the elements, one for each channel of `value`.
    func perChannel(_ tensor: Tensor, of value: Output) -> Tensor? {
        guard let shape = type(of: value).shape.dimensions, shape.count >= 2, let channels = shape[1].value,
            tensor.shape.rank <= shape.count
        else { return nil }
        if tensor.elementCount == 1 {
            return try? Reference.evaluate(
                Broadcast(), [tensor.reshaped(to: [1]), Tensor([Int64(channels)])],
                outputs: [ValueType(tensor.elementType, [channels])])[0]
        }
        let axis = 1 - (shape.count - tensor.shape.rank)
        guard axis >= 0, tensor.elementCount == channels, tensor.shape[axis] == channels else { return nil }
        return try? tensor.reshaped(to: [channels])
    }
}

/// The value of an operation on constants. Large weights that are only moved or scaled are not computed before somebody
/// reads them.
func evaluate(_ operation: any Operation, _ inputs: [Tensor], outputs: [ValueType]? = nil) throws -> [Tensor] {
    let inferred =
        try outputs
        ?? operation.inferOutputs(
            InferenceInputs(inputs.map { ValueType($0.elementType, $0.shape) }, constants: inputs))
    switch operation {
    case is Transpose where inputs.count == 2 && inferred[0].shape.isStatic && inputs[0].elementType.byteWidth != nil:
        let order = try inputs[1].integers()
        return [try inputs[0].transposed(order.isEmpty ? inputs[0].shape.dimensions.indices.reversed() : order)]
    case is Reshape, is Squeeze, is Unsqueeze:
        if let shape = inferred[0].shape.shape { return [try inputs[0].reshaped(to: shape)] }
    default: break
    }
    return try Reference.evaluate(operation, inputs, outputs: inferred)
}

func evaluate(_ operation: any Operation, _ inputs: [Tensor]) throws -> Tensor {
    try evaluate(operation, inputs, outputs: nil)[0]
}

extension Tensor {
    /// The weights with every index along `axis` multiplied by its factor.
    func multiplied(by factors: Tensor, along axis: Int) throws -> Tensor {
        if elementType == .f32, factors.elementType == .f32 {
            return try scaled(by: factors.array(of: Float.self), along: axis)
        }
        return try evaluate(BinaryElementwise(.multiply), [self, factors.alongAxis(axis, rank: shape.rank)])
    }

    /// The elements along `axis` of a tensor of rank `rank`, every other extent 1.
    func alongAxis(_ axis: Int, rank: Int) throws(VireoError) -> Tensor {
        var dimensions = [Int](repeating: 1, count: rank)
        dimensions[axis] = elementCount
        return try reshaped(to: Shape(validating: dimensions))
    }
}

/// A list of axes as a Constant's tensor.
func indexTensor(_ values: [Int]) -> Tensor { Tensor(values.map { Int64($0) }) }
