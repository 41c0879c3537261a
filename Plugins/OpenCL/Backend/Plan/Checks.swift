import VireoPluginKit
import VireoTensor

extension GraphView {
    /// The shape of `value`, which must be a tensor that the kernels can work on.
    /// - Throws: `unsupported` for other types than f32 (or an f16 constant) and for shapes that are not static, have
    ///   no elements, or more than the kernels can count.
    func tensor(_ value: Int) throws(VireoError) -> Shape {
        guard values.indices.contains(value) else { throw VireoError(.unsupported, "an input is left out") }
        let view = values[value]
        guard view.elementType == .f32 || (view.elementType == .f16 && view.constant != nil) else {
            throw VireoError(.unsupported, "the kernels compute in f32, and a tensor is \(view.elementType)")
        }
        guard let shape = view.shape.shape else {
            throw VireoError(.unsupported, "the shape \(view.shape) is not static")
        }
        guard shape.elementCount > 0 else { throw VireoError(.unsupported, "a tensor \(shape) has no elements") }
        guard shape.elementCount <= Int(Int32.max) else {
            throw VireoError(.unsupported, "a tensor \(shape) has more elements than the kernels can count")
        }
        return shape
    }

    func inputShape(_ index: Int, of node: NodeView) throws(VireoError) -> Shape {
        guard node.inputs.indices.contains(index) else {
            throw VireoError(.unsupported, "input \(index) is missing")
        }
        return try tensor(node.inputs[index])
    }

    func outputShape(_ index: Int = 0, of node: NodeView) throws(VireoError) -> Shape {
        guard node.outputs.indices.contains(index) else {
            throw VireoError(.unsupported, "output \(index) is missing")
        }
        return try tensor(node.outputs[index])
    }

    /// The output's shape, which must be `expected`.
    func outputShape(of node: NodeView, mustBe expected: [Int]) throws(VireoError) {
        let shape = try outputShape(of: node)
        guard shape.dimensions == expected else {
            throw VireoError(
                .invalidArgument, "the output's shape is \(shape), and \(expected) follows from the inputs")
        }
    }

    /// The elements of an integer input that must be constant.
    func constantIntegers(_ index: Int, of node: NodeView, _ what: String) throws(VireoError) -> [Int] {
        guard node.inputs.indices.contains(index), values.indices.contains(node.inputs[index]),
            let elements = values[node.inputs[index]].integers
        else {
            throw VireoError(.unsupported, "\(what) must be a constant")
        }
        return elements
    }

    /// The one element of a floating-point input that must be constant; `initial` when it is left out.
    func constantNumber(
        _ index: Int, of node: NodeView, _ what: String, initial: Float
    ) throws(VireoError) -> Float {
        guard node.inputs.indices.contains(index), node.inputs[index] >= 0 else { return initial }
        guard let elements = input(index, of: node).floats, elements.count == 1 else {
            throw VireoError(.unsupported, "\(what) must be a constant number")
        }
        return elements[0]
    }

    /// An axis or a list of axes, counted from the front.
    func axes(_ axes: [Int], rank: Int) throws(VireoError) -> [Int] {
        var counted: [Int] = []
        for axis in axes {
            guard (-rank..<rank).contains(axis) else {
                throw VireoError(.invalidArgument, "axis \(axis) of a tensor of rank \(rank)")
            }
            counted.append(axis < 0 ? axis + rank : axis)
        }
        guard Set(counted).count == counted.count else {
            throw VireoError(.invalidArgument, "an axis repeats in \(axes)")
        }
        return counted
    }
}

extension NodeView {
    /// A list of `count` integers, each at least `least`.
    func integers(_ key: String, count: Int, atLeast least: Int) throws(VireoError) -> [Int] {
        let values = try integers(key)
        guard values.count == count, values.allSatisfy({ $0 >= least && $0 <= 1 << 20 }) else {
            throw VireoError(.unsupported, "\(key) is \(values), and \(count) numbers from \(least) on are needed")
        }
        return values
    }
}

extension ValueView {
    /// Calls `body` with the elements of a floating-point constant as single-precision numbers, or nil.
    func withFloats<Result>(_ body: (Span<Float>?) throws -> Result) throws -> Result {
        if elementType == .f32, let constant {
            return try body(constant.bindMemory(to: Float.self).span)
        }
        guard let floats else { return try body(nil) }
        return try body(floats.span)
    }
}
