import VireoPluginKit
import VireoTensor

/// A tensor that a kernel reads or writes: f32, of a known shape, and not empty.
struct Operand: Sendable {
    /// Index of the value in the graph.
    let value: Int
    let dimensions: [Int]
    let count: Int

    var rank: Int { dimensions.count }
}

extension GraphView {
    /// - Throws: `unsupported` with the reason why this backend cannot read the input.
    func operand(_ port: Int, of node: NodeView) throws(VireoError) -> Operand {
        guard node.inputs.indices.contains(port), node.inputs[port] >= 0 else {
            throw refusal("\(node.opType) needs an input \(port)")
        }
        return try operand(value: node.inputs[port], "input \(port)")
    }

    /// - Throws: `unsupported` with the reason why this backend cannot write the output.
    func result(_ port: Int = 0, of node: NodeView) throws(VireoError) -> Operand {
        guard node.outputs.indices.contains(port) else { throw refusal("\(node.opType) needs an output \(port)") }
        return try operand(value: node.outputs[port], "output \(port)")
    }

    private func operand(value index: Int, _ role: String) throws(VireoError) -> Operand {
        let value = values[index]
        guard value.elementType == .f32 || (value.elementType == .f16 && value.constant != nil) else {
            throw refusal("\(role) is \(value.elementType), and \(OpenBLASBackend.name) computes in f32 only")
        }
        guard let shape = value.shape.shape else { throw refusal("\(role) has the dynamic shape \(value.shape)") }
        guard shape.elementCount > 0 else { throw refusal("\(role) is empty, of shape \(shape)") }
        guard shape.elementCount <= Int(Int32.max) else {
            throw refusal("\(role) has \(shape.elementCount) elements, more than a 32-bit BLAS can index")
        }
        return Operand(value: index, dimensions: shape.dimensions, count: shape.elementCount)
    }

    /// The integers of a constant input.
    /// - Throws: `unsupported` when the input is computed or of another type.
    func constantIntegers(_ port: Int, of node: NodeView, _ meaning: String) throws(VireoError) -> [Int] {
        guard node.inputs.indices.contains(port), node.inputs[port] >= 0 else {
            throw refusal("\(node.opType) needs an input \(port), the \(meaning)")
        }
        guard let integers = values[node.inputs[port]].integers else {
            throw refusal("the \(meaning) of \(node.opType) must be a constant of type i32 or i64")
        }
        return integers
    }

    /// The one number of a constant input, or nil when the input is left out.
    /// - Throws: `unsupported` when the input is computed or has more elements.
    func constantNumber(_ port: Int, of node: NodeView, _ meaning: String) throws(VireoError) -> Float? {
        guard node.inputs.indices.contains(port), node.inputs[port] >= 0 else { return nil }
        guard let numbers = values[node.inputs[port]].floats, numbers.count == 1 else {
            throw refusal("the \(meaning) of \(node.opType) must be one constant number")
        }
        return numbers[0]
    }
}

/// `axes` counted from the front, each once, in rising order.
/// - Throws: `unsupported` for an axis that a tensor of `rank` dimensions does not have.
func normalized(_ axes: [Int], rank: Int) throws(VireoError) -> [Int] {
    var normalized = Set<Int>()
    for axis in axes {
        guard (-rank..<rank).contains(axis) else { throw refusal("axis \(axis) of a tensor with \(rank) dimensions") }
        normalized.insert(axis < 0 ? axis + rank : axis)
    }
    return normalized.sorted()
}

/// The elements of a tensor around one axis: `outer` times `length` times `inner`.
struct AxisSplit: Sendable {
    let outer: Int
    let length: Int
    let inner: Int

    init(_ dimensions: [Int], axis: Int) {
        outer = dimensions[..<axis].reduce(1, *)
        length = dimensions[axis]
        inner = dimensions[(axis + 1)...].reduce(1, *)
    }
}
