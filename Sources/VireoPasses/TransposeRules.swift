import VireoIR
import VireoTensor

/// For each operation, what it becomes when it runs before a Transpose instead of after it.
enum TransposeRules {
    /// A node that does the same before the Transpose.
    struct Rewritten {
        enum Input {
            /// Data: what stood before the Transpose, or would.
            case data
            /// Axes, limits, pads in the new order.
            case indices(Tensor)
            /// As it is.
            case same
        }

        var operation: any Operation
        var inputs: [Input]
        /// The order of the Transpose that follows each output.
        var outputOrder: AxisOrder
    }

    /// How many leading inputs carry data of the output's axes; the others are axes, pads, limits.
    static func dataInputCount(_ node: Node) -> Int {
        switch node.operation {
        case is BinaryElementwise: 2
        case is Select: 3
        case is Concat: node.inputs.count
        case is FakeQuantize: 5
        case is UnaryElementwise, is Clamp, is Elu, is PReLU, is Convert, is SoftMax, is LogSoftmax, is Reduction,
            is Pad, is Squeeze, is Gather, is Split, is VariadicSplit, is StridedSlice, is Tile, is Round, is Gelu,
            is HardSigmoid, is Selu, is TopK, is CumSum, is NormalizeL2, is MVN, is SpaceToBatch, is BatchToSpace,
            is Interpolate:
            1
        case is Swish: node.inputs.count == 1 ? 1 : 0
        default: 0
        }
    }

    /// The node before a Transpose of `order`; nil when it has to stay behind it.
    static func rewrite(_ node: Node, _ order: AxisOrder, in model: Model) throws -> Rewritten? {
        let dataCount = dataInputCount(node)
        var result = Rewritten(
            operation: node.operation, inputs: node.inputs.indices.map { $0 < dataCount ? .data : .same },
            outputOrder: order)
        func integers(_ index: Int) throws -> [Int]? {
            node.inputs.indices.contains(index) ? try model.constant(node.inputs[index])?.integers() : nil
        }
        func indices(_ list: [Int]) -> Rewritten.Input { .indices(indexTensor(list)) }
        func axis(_ axis: Int) throws -> Rewritten.Input { .indices(Tensor(scalar: Int64(try order.source(axis)))) }

        switch node.operation {
        case is BinaryElementwise, is Select, is FakeQuantize:
            let ranks = node.inputs.map { model.type(of: $0).shape.rank }
            guard ranks.allSatisfy({ $0 != nil && $0! <= order.rank }) else { return nil }
        case let concat as Concat: result.operation = Concat(axis: try order.source(concat.axis))
        case let softMax as SoftMax: result.operation = SoftMax(axis: try order.source(softMax.axis))
        case let softMax as LogSoftmax: result.operation = LogSoftmax(axis: try order.source(softMax.axis))
        case is PReLU:
            // Slopes of several elements run along axis 1, which the Transpose may have moved.
            guard model.type(of: node.inputs[1]).shape.shape?.elementCount == 1 else { return nil }
        case is Pad:
            guard let begin = try integers(1), let end = try integers(2) else { return nil }
            result.inputs[1] = indices(order.scattered(begin))
            result.inputs[2] = indices(order.scattered(end))
        case is Tile:
            guard let repeats = try integers(1), repeats.count == order.rank else { return nil }
            result.inputs[1] = indices(order.scattered(repeats))
        case let top as TopK:
            result.operation = TopK(
                axis: try order.source(top.axis), mode: top.mode, sort: top.sort,
                indexElementType: top.indexElementType)
        case is NormalizeL2, is MVN:
            guard let axes = try integers(1) else { return nil }
            result.inputs[1] = indices(try normalizedAxes(axes, rank: order.rank).map { order.axes[$0] }.sorted())
        case is SpaceToBatch, is BatchToSpace:
            guard order.axes[0] == 0 else { return nil }
            for index in 1...3 {
                guard let list = try integers(index), list.count == order.rank else { return nil }
                result.inputs[index] = indices(order.scattered(list))
            }
        case let resize as Interpolate:
            guard resize.padsBegin.allSatisfy({ $0 == 0 }), resize.padsEnd.allSatisfy({ $0 == 0 }),
                let axes = try integers(resize.axesInput)
            else { return nil }
            result.inputs[resize.axesInput] = indices(try axes.map { try order.source($0) })
        case is Split, is VariadicSplit, is CumSum:
            guard let axes = try integers(1), axes.count == 1 else { return nil }
            result.inputs[1] = try axis(axes[0])
        case let gather as Gather:
            // A list of indices keeps the rank, one index removes the axis.
            guard gather.batchDims == 0, let rank = model.type(of: node.inputs[1]).shape.rank, rank <= 1,
                let axes = try integers(2), axes.count == 1
            else { return nil }
            result.inputs[2] = try axis(axes[0])
            if rank == 0 { result.outputOrder = order.removing([try normalizedAxis(axes[0], rank: order.rank)]) }
        case is Reduction, is Squeeze:
            guard let listed = try integers(1) else { return nil }
            let axes = try normalizedAxes(listed, rank: order.rank)
            result.inputs[1] = indices(axes.map { order.axes[$0] }.sorted())
            if (node.operation as? Reduction)?.keepDims != true { result.outputOrder = order.removing(axes) }
        case let slice as StridedSlice:
            guard let begin = try integers(1), let end = try integers(2) else { return nil }
            let strides = node.inputs.count == 4 ? try integers(3) : begin.map { _ in 1 }
            guard let strides else { return nil }
            return rewrite(slice, begin, end, strides, order)
        default: break
        }
        return result
    }

    /// A slice without new axes and ellipsis; the axes that it does not mention are taken whole.
    private static func rewrite(
        _ slice: StridedSlice, _ begin: [Int], _ end: [Int], _ strides: [Int], _ order: AxisOrder
    ) -> Rewritten? {
        guard begin.count == end.count, begin.count == strides.count, begin.count <= order.rank,
            !slice.newAxisMask.contains(1), !slice.ellipsisMask.contains(1)
        else { return nil }
        func reordered(_ list: [Int], filling filler: Int) -> [Int] {
            let list = Array(list.prefix(begin.count))
            return order.scattered(list + [Int](repeating: filler, count: order.rank - list.count))
        }
        // An axis that is not mentioned ignores begin and end.
        func mask(_ mask: [Int]) -> [Int] {
            reordered(mask + [Int](repeating: 0, count: max(begin.count - mask.count, 0)), filling: 1)
        }
        let shrunk = (slice.shrinkAxisMask.indices).filter { slice.shrinkAxisMask[$0] == 1 && $0 < begin.count }
        return Rewritten(
            operation: StridedSlice(
                beginMask: mask(slice.beginMask), endMask: mask(slice.endMask),
                shrinkAxisMask: reordered(slice.shrinkAxisMask, filling: 0)),
            inputs: [
                .data, .indices(indexTensor(reordered(begin, filling: 0))),
                .indices(indexTensor(reordered(end, filling: 0))),
                .indices(indexTensor(reordered(strides, filling: 1))),
            ],
            outputOrder: order.removing(shrunk))
    }
}
