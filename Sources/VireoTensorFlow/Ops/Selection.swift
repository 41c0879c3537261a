import VireoIR
import VireoTensor

extension TensorFlowOperations {
    /// ArgMax and ArgMin: the first of equal elements.
    static func extremum(_ mode: TopK.Mode) -> Translator {
        { graph in
            let data = try graph.input(0)
            let rank = try graph.dimensions(data).count
            let axis = try normalizedAxis(graph.inputCount > 1 ? graph.integer(1) : 0, rank: rank)
            let type: ElementType = try graph.node.type("output_type", default: .int64) == .int32 ? .i32 : .i64
            let count = try graph.constant(Tensor(scalar: Int64(1)), "count")
            let top = try graph.emit(TopK(axis: axis, mode: mode, indexElementType: type), [data, count], "top")
            return [try graph.emit(Squeeze(), [Output(top.node, 1), graph.indices([axis], "axis")])]
        }
    }

    static let topK: Translator = { graph in
        let count = graph.inputCount > 1 ? try graph.integer(1) : try graph.node.int("k")
        let data = try graph.input(0)
        let type: ElementType = try graph.node.type("index_type", default: .int32) == .int64 ? .i64 : .i32
        let operation = TopK(axis: try graph.dimensions(data).count - 1, mode: .max, indexElementType: type)
        let top = try graph.emit(operation, [data, graph.constant(Tensor(scalar: Int64(count)), "count")])
        return [top, Output(top.node, 1)]
    }

    static let oneHot: Translator = { graph in
        let depth = try graph.constant(Tensor(scalar: Int64(graph.integer(1))), "depth")
        let operation = OneHot(axis: try graph.node.int("axis", default: -1))
        return [try graph.emit(operation, [graph.input(0), depth, graph.input(2), graph.input(3)])]
    }

    /// Range of constants: the numbers themselves.
    static let range: Translator = { graph in
        let type = graph.type(try graph.input(0)).elementType
        guard try graph.inputs().allSatisfy({ graph.model.knownValue($0) != nil }) else {
            return [try graph.emit(NumberRange(outputType: type), try graph.inputs())]
        }
        let limits = try (0..<3).map { try graph.constantInput($0).doubles() }
        guard limits.allSatisfy({ $0.count == 1 }) else {
            throw VireoError(.malformedFile, "limits that are not one number each", in: [graph.node.place])
        }
        let (start, step) = (limits[0][0], limits[2][0])
        let count = try NumberRange(outputType: type).count(start: start, stop: limits[1][0], step: step)
        guard count <= 1 << 24 else {
            throw VireoError(.unsupported, "a range of \(count) numbers", in: [graph.node.place])
        }
        return [try graph.constant(Tensor(type, [count], values: (0..<count).map { start + Double($0) * step }), "")]
    }

    static let cumulativeSum: Translator = { graph in
        let operation = CumSum(
            exclusive: try graph.node.bool("exclusive", default: false),
            reverse: try graph.node.bool("reverse", default: false))
        let axis = try graph.constant(Tensor(scalar: Int64(graph.integer(1))), "axis")
        return [try graph.emit(operation, [graph.input(0), axis])]
    }

    static let gatherND: Translator = { graph in
        let operation = GatherND(batchDims: try graph.node.int("batch_dims", default: 0))
        return [try graph.emit(operation, [graph.input(0), graph.input(1)])]
    }

    static let tensorScatterUpdate: Translator = { graph in
        [try graph.emit(ScatterNDUpdate(), try graph.inputs())]
    }

    /// ScatterNd adds up what falls on the same place, so each place may be named once.
    static let scatterND: Translator = { graph in
        let indices = try graph.constantInput(0)
        let length = max(indices.shape.dimensions.last ?? 1, 1)
        let list = try indices.integers()
        let places = stride(from: 0, to: list.count, by: length).map { Array(list[$0..<min($0 + length, list.count)]) }
        guard Set(places).count == places.count else {
            throw VireoError(.unsupported, "indices that name a place twice", in: [graph.node.place])
        }
        let updates = try graph.input(1)
        let zero = try graph.constant(Tensor(graph.type(updates).elementType, .scalar, values: [0]), "zero")
        let target = try graph.indices(graph.integers(2), "shape")
        let zeros = try graph.emit(Broadcast(), [zero, target], "zeros")
        return [try graph.emit(ScatterNDUpdate(), [zeros, graph.input(0), updates])]
    }

    /// ReverseV2: slices with a step of -1.
    static let reverse: Translator = { graph in
        let data = try graph.input(0)
        let rank = try graph.dimensions(data).count
        let axes = try normalizedAxes(graph.integers(1), rank: rank)
        let whole = [Int](repeating: 1, count: rank)
        let operation = StridedSlice(beginMask: whole, endMask: whole)
        let steps = (0..<rank).map { axes.contains($0) ? -1 : 1 }
        let zeros = try graph.indices([Int](repeating: 0, count: rank), "limits")
        return [try graph.emit(operation, [data, zeros, zeros, graph.indices(steps, "strides")])]
    }

    static let reverseSequence: Translator = { graph in
        let operation = ReverseSequence(
            batchAxis: try graph.node.int("batch_dim", default: 0), sequenceAxis: try graph.node.int("seq_dim"))
        return [try graph.emit(operation, [graph.input(0), graph.input(1)])]
    }

    static let roll: Translator = { graph in [try graph.emit(Roll(), try graph.inputs())] }

    static let broadcastTo: Translator = { graph in
        [try graph.emit(Broadcast(), [graph.input(0), graph.indices(graph.integers(1), "shape")])]
    }

    static let invertPermutation: Translator = { graph in
        let order = try graph.integers(0)
        guard order.sorted() == Array(order.indices) else {
            throw VireoError(.malformedFile, "\(order) is no permutation", in: [graph.node.place])
        }
        var inverse = order
        for (position, axis) in order.enumerated() { inverse[axis] = position }
        let type = graph.type(try graph.input(0)).elementType
        return [try graph.constant(Tensor(type, [inverse.count], values: inverse.map { Double($0) }), "")]
    }
}
