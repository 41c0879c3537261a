import VireoIR
import VireoTensor

extension TensorFlowOperations {
    /// Limits of one constant number each make a Clamp.
    static let clip: Translator = { graph in
        let data = try graph.input(0)
        if let low = try? graph.constantInput(1).doubles(), let high = try? graph.constantInput(2).doubles(),
            low.count == 1, high.count == 1, low[0] <= high[0]
        {
            return [try graph.emit(Clamp(lower: low[0], upper: high[0]), [data])]
        }
        let raised = try graph.emit(BinaryElementwise(.maximum), [data, graph.input(1)], "raised")
        return [try graph.emit(BinaryElementwise(.minimum), [raised, graph.input(2)])]
    }

    /// FloorDiv: integer division rounds down by itself.
    static let floorDivision: Translator = { graph in
        let (left, right) = (try graph.input(0), try graph.input(1))
        if graph.type(left).elementType.isInteger {
            return [try graph.emit(BinaryElementwise(.divide), [left, right])]
        }
        let quotient = try graph.emit(BinaryElementwise(.divide), [left, right], "quotient")
        return [try graph.emit(UnaryElementwise(.floor), [quotient])]
    }

    /// DivNoNan: 0 where the divisor is 0.
    static let divisionWithoutNaN: Translator = { graph in
        let (left, right) = (try graph.input(0), try graph.input(1))
        let type = graph.type(right).elementType
        let zero = try graph.constant(Tensor(type, .scalar, values: [0]), "zero")
        let one = try graph.constant(Tensor(type, .scalar, values: [1]), "one")
        let isZero = try graph.emit(BinaryElementwise(.equal), [right, zero], "is_zero")
        let divisor = try graph.emit(Select(), [isZero, one, right], "divisor")
        let quotient = try graph.emit(BinaryElementwise(.divide), [left, divisor], "quotient")
        return [try graph.emit(Select(), [isZero, zero, quotient])]
    }

    static let round: Translator = { graph in
        let data = try graph.input(0)
        return graph.type(data).elementType.isInteger ? [data] : [try graph.emit(Round(), [data])]
    }

    /// Log1p and Expm1: the one added or taken off.
    static let logarithmOfOneMore: Translator = { graph in
        let sum = try graph.emit(BinaryElementwise(.add), [graph.input(0), one(graph)], "sum")
        return [try graph.emit(UnaryElementwise(.log), [sum])]
    }

    static let exponentialMinusOne: Translator = { graph in
        let exponential = try graph.emit(UnaryElementwise(.exp), [graph.input(0)], "exponential")
        return [try graph.emit(BinaryElementwise(.subtract), [exponential, one(graph)])]
    }

    static let onesLike: Translator = { graph in
        let target = try graph.emit(ShapeOf(), [graph.input(0)], "shape")
        return [try graph.emit(Broadcast(), [one(graph), target])]
    }

    static let selu: Translator = { graph in
        let alpha = try graph.constant(Tensor(scalar: Float(1.6732632423543772)), "alpha")
        let lambda = try graph.constant(Tensor(scalar: Float(1.0507009873554805)), "lambda")
        return [try graph.emit(Selu(), [graph.input(0), alpha, lambda])]
    }

    /// EuclideanNorm.
    static let euclideanNorm: Translator = { graph in
        let keepDims = try graph.node.bool("keep_dims", default: false)
        return [try graph.emit(Reduction(.l2, keepDims: keepDims), [graph.input(0), graph.input(1)])]
    }

    private static func one(_ graph: GraphImporter) throws -> Output {
        try graph.constant(Tensor(graph.type(graph.input(0)).elementType, .scalar, values: [1]), "one")
    }
}
