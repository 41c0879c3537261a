import VireoPluginKit
import VireoTensor

/// Reshape, Squeeze and Unsqueeze: the same elements in other dimensions.
struct Reshape: Kernel {
    private let input: Operand
    private let output: Operand

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        input = try graph.operand(0, of: node)
        output = try graph.result(of: node)
        if node.inputs.count > 1, node.inputs[1] >= 0 {
            _ = try graph.constantIntegers(1, of: node, node.opType == "Reshape" ? "target shape" : "axes")
        }
        guard input.count == output.count else {
            throw refusal("\(node.opType) of \(input.dimensions) to \(output.dimensions)")
        }
    }

    var execType: String { "view" }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }
    var views: [TensorView] { [TensorView(part: output.value, whole: input.value, offset: 0)] }

    func run(_ run: Run) { run.copy(run[input.value], to: run[output.value], count: input.count) }
}

/// Tensors joined along an axis.
struct Concat: Kernel {
    private let inputs: [Operand]
    private let output: Operand
    private let splits: [AxisSplit]
    /// Where each input starts in a row of the output.
    private let offsets: [Int]
    private let rowCount: Int

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        output = try graph.result(of: node)
        var inputs: [Operand] = []
        for port in node.inputs.indices { inputs.append(try graph.operand(port, of: node)) }
        let axis = try normalized([try node.integer("axis")], rank: output.rank)[0]
        var offsets: [Int] = []
        var total = 0
        for input in inputs {
            var expected = output.dimensions
            guard input.rank == output.rank else { throw refusal("Concat of \(input.dimensions)") }
            expected[axis] = input.dimensions[axis]
            guard input.dimensions == expected else {
                throw refusal("Concat of \(input.dimensions) to \(output.dimensions) along axis \(axis)")
            }
            offsets.append(total * output.dimensions[(axis + 1)...].reduce(1, *))
            total += input.dimensions[axis]
        }
        guard total == output.dimensions[axis] else {
            throw refusal("Concat of \(total) places to \(output.dimensions) along axis \(axis)")
        }
        self.inputs = inputs
        self.offsets = offsets
        splits = inputs.map { AxisSplit($0.dimensions, axis: axis) }
        rowCount = output.dimensions[axis...].reduce(1, *)
    }

    var execType: String { splits[0].outer == 1 ? "view" : "copy" }
    var reads: [Int] { inputs.map(\.value) }
    var writes: [Int] { [output.value] }

    var views: [TensorView] {
        guard splits[0].outer == 1 else { return [] }
        return inputs.indices.map { TensorView(part: inputs[$0].value, whole: output.value, offset: offsets[$0]) }
    }

    func run(_ run: Run) {
        for (index, split) in splits.enumerated() {
            let count = split.length * split.inner
            let (source, destination) = (run[inputs[index].value], run[output.value] + offsets[index])
            if split.outer == 1 {
                run.copy(source, to: destination, count: count)
            } else {
                run.forRanges(split.outer, cost: count) { part in
                    for row in part { (destination + row * rowCount).update(from: source + row * count, count: count) }
                }
            }
        }
    }
}

/// A tensor cut along a constant axis: Split into equal parts, VariadicSplit into parts of given lengths.
struct Split: Kernel {
    private let input: Operand
    private let outputs: [Operand]
    private let splits: [AxisSplit]
    /// Where each output starts in a row of the input.
    private let offsets: [Int]
    private let rowCount: Int

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        input = try graph.operand(0, of: node)
        let axes = try normalized(try graph.constantIntegers(1, of: node, "axis"), rank: input.rank)
        guard axes.count == 1 else { throw refusal("\(node.opType) along the axes \(axes)") }
        let axis = axes[0]
        if node.opType == "VariadicSplit" { _ = try graph.constantIntegers(2, of: node, "lengths") }
        var outputs: [Operand] = []
        var offsets: [Int] = []
        var total = 0
        for port in node.outputs.indices {
            let output = try graph.result(port, of: node)
            var expected = input.dimensions
            guard output.rank == input.rank else { throw refusal("\(node.opType) to \(output.dimensions)") }
            expected[axis] = output.dimensions[axis]
            guard output.dimensions == expected else {
                throw refusal("\(node.opType) of \(input.dimensions) to \(output.dimensions) along axis \(axis)")
            }
            outputs.append(output)
            offsets.append(total * input.dimensions[(axis + 1)...].reduce(1, *))
            total += output.dimensions[axis]
        }
        guard total == input.dimensions[axis] else {
            throw refusal("\(node.opType) of \(input.dimensions) to \(total) places along axis \(axis)")
        }
        self.outputs = outputs
        self.offsets = offsets
        splits = outputs.map { AxisSplit($0.dimensions, axis: axis) }
        rowCount = input.dimensions[axis...].reduce(1, *)
    }

    var execType: String { splits[0].outer == 1 ? "view" : "copy" }
    var reads: [Int] { [input.value] }
    var writes: [Int] { outputs.map(\.value) }

    var views: [TensorView] {
        guard splits[0].outer == 1 else { return [] }
        return outputs.indices.map { TensorView(part: outputs[$0].value, whole: input.value, offset: offsets[$0]) }
    }

    func run(_ run: Run) {
        for (index, split) in splits.enumerated() {
            let count = split.length * split.inner
            let (source, destination) = (run[input.value] + offsets[index], run[outputs[index].value])
            if split.outer == 1 {
                run.copy(source, to: destination, count: count)
            } else {
                run.forRanges(split.outer, cost: count) { part in
                    for row in part { (destination + row * count).update(from: source + row * rowCount, count: count) }
                }
            }
        }
    }
}

/// A tensor inside a larger one that is filled with one number.
struct Pad: Kernel {
    private let input: Operand
    private let output: Operand
    private let filler: Float
    /// Where the input's first element goes.
    private let offset: Int
    /// The input and its place in the output.
    private let loop: StridedLoop

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        input = try graph.operand(0, of: node)
        output = try graph.result(of: node)
        let mode = try node.string("pad_mode")
        guard mode == "constant" else {
            throw refusal("Pad with pad_mode \"\(mode)\", and only constant is implemented")
        }
        let begin = try graph.constantIntegers(1, of: node, "pads_begin")
        let end = try graph.constantIntegers(2, of: node, "pads_end")
        filler = try graph.constantNumber(3, of: node, "pad value") ?? 0
        let (from, to, largest) = (input.dimensions, output.dimensions, Int(Int32.max))
        guard input.rank == output.rank, begin.count == input.rank, end.count == input.rank,
            (begin + end).allSatisfy({ (0...largest).contains($0) }),
            from.indices.allSatisfy({ to[$0] == from[$0] + begin[$0] + end[$0] }),
            let strides = StridedLoop.broadcast(from, to: from), let places = StridedLoop.broadcast(to, to: to)
        else { throw refusal("Pad of \(from) to \(to) by \(begin) and \(end)") }
        offset = zip(begin, places).reduce(0) { $0 + $1.0 * $1.1 }
        loop = StridedLoop(from, strides: [strides, places])
    }

    var execType: String { "copy" }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    func run(_ run: Run) {
        run.forRanges(output.count) { part in
            (run[output.value] + part.lowerBound).update(repeating: filler, count: part.count)
        }
        run.forPieces(of: loop) { index, part in
            let source = run[input.value] + loop.start(0, run: index)
            let destination = run[output.value] + offset + loop.start(1, run: index)
            (destination + part.lowerBound).update(from: source + part.lowerBound, count: part.count)
        }
    }
}
