import VireoIR
import VireoTensor

extension TensorFlowOperations {
    static func unary(_ kind: UnaryElementwise.Kind) -> Translator {
        { graph in [try graph.emit(UnaryElementwise(kind), [graph.input(0)])] }
    }

    static func binary(_ kind: BinaryElementwise.Kind) -> Translator {
        { graph in [try graph.emit(BinaryElementwise(kind), [graph.input(0), graph.input(1)])] }
    }

    static let sumOfAll: Translator = { graph in
        let inputs = try graph.inputs()
        guard var sum = inputs.first else {
            throw VireoError(.malformedFile, "AddN without inputs", in: [graph.node.place])
        }
        for (index, input) in inputs.enumerated().dropFirst() {
            let isLast = index == inputs.count - 1
            sum = try graph.emit(BinaryElementwise(.add), [sum, input], isLast ? "" : "sum_\(index)")
        }
        return [sum]
    }

    static let relu6: Translator = { graph in [try graph.emit(Clamp(lower: 0, upper: 6), [graph.input(0)])] }

    static let elu: Translator = { graph in [try graph.emit(Elu(alpha: 1), [graph.input(0)])] }

    static let leakyRelu: Translator = { graph in
        let slope = try graph.constant(Tensor([try graph.node.float("alpha", default: 0.2)]), "slope")
        return [try graph.emit(PReLU(), [graph.input(0), slope])]
    }

    static let square: Translator = { graph in
        let data = try graph.input(0)
        return [try graph.emit(BinaryElementwise(.multiply), [data, data])]
    }

    static let reciprocalSquareRoot: Translator = { graph in try power(graph, -0.5) }

    static let reciprocal: Translator = { graph in try power(graph, -1) }

    private static func power(_ graph: GraphImporter, _ exponent: Double) throws -> [Output] {
        let data = try graph.input(0)
        let constant = try graph.constant(
            Tensor(graph.type(data).elementType, .scalar, values: [exponent]), "exponent")
        return [try graph.emit(BinaryElementwise(.power), [data, constant])]
    }

    static let cast: Translator = { graph in
        let destination = try graph.node.type("DstT")
        guard let elementType = destination.elementType, elementType != .string else {
            throw VireoError(.unsupported, "a cast to \(destination)", in: [graph.node.place])
        }
        return [try graph.emit(Convert(to: elementType), [graph.input(0)])]
    }

    /// Select (version 1) lets a condition of rank 1 choose whole rows; SelectV2 broadcasts.
    static let select: Translator = { graph in
        var condition = try graph.input(0)
        let rank = try graph.dimensions(graph.input(1)).count
        if graph.node.op == "Select", try graph.dimensions(condition).count == 1, rank > 1 {
            let axes = try graph.indices(Array(1..<rank), "axes")
            condition = try graph.emit(Unsqueeze(), [condition, axes], "condition")
        }
        return [try graph.emit(Select(), [condition, graph.input(1), graph.input(2)])]
    }

    static func reduction(_ kind: Reduction.Kind) -> Translator {
        { graph in
            let keepDims = try graph.node.bool("keep_dims", default: false)
            return [try graph.emit(Reduction(kind, keepDims: keepDims), [graph.input(0), graph.input(1)])]
        }
    }
}
