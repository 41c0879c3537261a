import VireoIR
import VireoTensor

extension TensorFlowOperations {
    static let shape: Translator = { graph in
        [try graph.emit(ShapeOf(outputType: integerType(graph, "out_type")), [graph.input(0)])]
    }

    static let rank: Translator = { graph in
        [try graph.constant(Tensor(scalar: Int32(graph.dimensions(graph.input(0)).count)), "")]
    }

    static let size: Translator = { graph in
        let dimensions = try graph.emit(ShapeOf(outputType: integerType(graph, "out_type")), [graph.input(0)], "shape")
        let axis = try graph.indices([0], "axis")
        return [try graph.emit(Reduction(.product, keepDims: false), [dimensions, axis])]
    }

    static let reshape: Translator = { graph in [try graph.emit(Reshape(), [graph.input(0), graph.input(1)])] }

    static let flatten: Translator = { graph in
        let target = try graph.indices([0, -1], "shape")
        return [try graph.emit(Reshape(specialZero: true), [graph.input(0), target])]
    }

    static let squeeze: Translator = { graph in
        let key = graph.node.attributes["squeeze_dims"] == nil ? "axis" : "squeeze_dims"
        let axes = try graph.node.ints(key, default: [])
        let inputs = try [graph.input(0)] + (axes.isEmpty ? [] : [graph.indices(axes, "axes")])
        return [try graph.emit(Squeeze(), inputs)]
    }

    static let expandDims: Translator = { graph in
        let axes = try graph.indices(graph.integers(1), "axes")
        return [try graph.emit(Unsqueeze(), [graph.input(0), axes])]
    }

    static let transpose: Translator = { graph in
        let order = try graph.indices(graph.integers(1), "order")
        return [try graph.emit(Transpose(), [graph.input(0), order])]
    }

    static let pack: Translator = { graph in
        let axis = try graph.node.int("axis", default: 0)
        let axes = try graph.indices([axis], "axes")
        let parts = try graph.inputs().enumerated().map { index, part in
            try graph.emit(Unsqueeze(), [part, axes], "part_\(index)")
        }
        return [try graph.emit(Concat(axis: axis), parts)]
    }

    static let unpack: Translator = { graph in
        let count = try partCount(graph, "num")
        let axis = try graph.indices([graph.node.int("axis", default: 0)], "axis")
        let scalar = try graph.constant(Tensor(scalar: Int64(graph.node.int("axis", default: 0))), "split_axis")
        let parts = try graph.emit(Split(count: count), [graph.input(0), scalar], "split")
        return try (0..<count).map { index in
            try graph.emit(Squeeze(), [Output(parts.node, index), axis], index == 0 ? "" : "part_\(index)")
        }
    }

    static func concatenation(axisFirst: Bool) -> Translator {
        { graph in
            let last = graph.inputCount - 1
            guard last >= 1 else { throw VireoError(.malformedFile, "nothing to join", in: [graph.node.place]) }
            let axis = try graph.integer(axisFirst ? 0 : last)
            let parts = try (axisFirst ? 1...last : 0...last - 1).map { try graph.input($0) }
            return [try graph.emit(Concat(axis: axis), parts)]
        }
    }

    static let split: Translator = { graph in
        let count = try partCount(graph, "num_split")
        let axis = try graph.constant(Tensor(scalar: Int64(graph.integer(0))), "axis")
        let parts = try graph.emit(Split(count: count), [graph.input(1), axis])
        return (0..<count).map { Output(parts.node, $0) }
    }

    static let splitV: Translator = { graph in
        let count = try partCount(graph, "num_split")
        let lengths = try graph.indices(graph.integers(1), "lengths")
        let axis = try graph.constant(Tensor(scalar: Int64(graph.integer(2))), "axis")
        let parts = try graph.emit(VariadicSplit(), [graph.input(0), axis, lengths])
        guard graph.model[parts.node].outputs.count == count else {
            throw VireoError(.malformedFile, "num_split \(count) does not match the lengths", in: [graph.node.place])
        }
        return (0..<count).map { Output(parts.node, $0) }
    }

    private static func partCount(_ graph: GraphImporter, _ key: String) throws -> Int {
        let count = try graph.node.int(key)
        guard (1...1 << 16).contains(count) else {
            throw VireoError(.malformedFile, "\(key) of \(count)", in: [graph.node.place])
        }
        return count
    }

    static let pad: Translator = { graph in
        let (begin, end) = try paddings(graph)
        let value = graph.inputCount == 3 ? [try graph.input(2)] : []
        return [
            try graph.emit(
                Pad(), [graph.input(0), graph.indices(begin, "pads_begin"), graph.indices(end, "pads_end")] + value)
        ]
    }

    static let mirrorPad: Translator = { graph in
        let (begin, end) = try paddings(graph)
        let mode: Pad.Mode
        switch try graph.node.string("mode") {
        case "REFLECT": mode = .reflect
        case "SYMMETRIC": mode = .symmetric
        case let other: throw VireoError(.unsupported, "mode \(other)", in: [graph.node.place])
        }
        return [
            try graph.emit(
                Pad(mode: mode),
                [graph.input(0), graph.indices(begin, "pads_begin"), graph.indices(end, "pads_end")])
        ]
    }

    /// TensorFlow's paddings are rows of (begin, end).
    private static func paddings(_ graph: GraphImporter) throws -> (begin: [Int], end: [Int]) {
        let list = try graph.integers(1)
        guard list.count == 2 * (try graph.dimensions(graph.input(0)).count) else {
            throw VireoError(.malformedFile, "paddings \(list)", in: [graph.node.place])
        }
        return (
            stride(from: 0, to: list.count, by: 2).map { list[$0] },
            stride(from: 1, to: list.count, by: 2).map { list[$0] }
        )
    }

    /// A bit of TensorFlow's masks is an element of the IR's.
    static let stridedSlice: Translator = { graph in
        let begin = try graph.input(1)
        guard let count = try graph.dimensions(begin).first?.value, count <= 64 else {
            throw VireoError(.unsupported, "the number of indices is not known", in: [graph.node.place])
        }
        func bits(_ key: String) throws -> [Int] {
            let mask = try graph.node.int(key, default: 0)
            return (0..<count).map { (mask >> $0) & 1 }
        }
        let operation = StridedSlice(
            beginMask: try bits("begin_mask"), endMask: try bits("end_mask"),
            newAxisMask: try bits("new_axis_mask"), shrinkAxisMask: try bits("shrink_axis_mask"),
            ellipsisMask: try bits("ellipsis_mask"))
        return [try graph.emit(operation, [graph.input(0), begin, graph.input(2), graph.input(3)])]
    }

    static let slice: Translator = { graph in
        let begin = try graph.integers(1)
        let size = try graph.integers(2)
        guard begin.count == size.count, begin.allSatisfy({ $0 >= 0 }), size.allSatisfy({ $0 >= -1 }) else {
            throw VireoError(.malformedFile, "a slice from \(begin) of size \(size)", in: [graph.node.place])
        }
        // A size of -1 takes all that is left.
        let end = zip(begin, size).map { $1 == -1 ? 0 : $0 &+ $1 }
        let operation = StridedSlice(beginMask: begin.map { _ in 0 }, endMask: size.map { $0 == -1 ? 1 : 0 })
        return [
            try graph.emit(
                operation,
                [
                    graph.input(0), graph.indices(begin, "begin"), graph.indices(end, "end"),
                    graph.indices(begin.map { _ in 1 }, "strides"),
                ])
        ]
    }

    static let tile: Translator = { graph in [try graph.emit(Tile(), [graph.input(0), graph.input(1)])] }

    static let gather: Translator = { graph in
        let axis = graph.inputCount == 3 ? try graph.integer(2) : 0
        let axisValue = try graph.constant(Tensor(scalar: Int64(axis)), "axis")
        let operation = Gather(batchDims: try graph.node.int("batch_dims", default: 0))
        return [try graph.emit(operation, [graph.input(0), graph.input(1), axisValue])]
    }

    private static func integerType(_ graph: GraphImporter, _ key: String) throws -> ElementType {
        try graph.node.type(key, default: .int32) == .int64 ? .i64 : .i32
    }
}
