import VireoIR
import VireoTensor

extension TensorFlowOperations {
    static let constant: Translator = { graph in
        [try graph.constant(graph.node.tensor("value").tensor(), "")]
    }

    /// Operations whose outputs are their inputs.
    static let passThrough: Translator = { graph in try graph.inputs() }

    static let zerosLike: Translator = { graph in
        let value = try graph.input(0)
        let zero = try graph.constant(Tensor(graph.type(value).elementType, .scalar, values: [0]), "zero")
        let target = try graph.emit(ShapeOf(), [value], "shape")
        return [try graph.emit(Broadcast(), [zero, target])]
    }

    static let fill: Translator = { graph in
        [try graph.emit(Broadcast(), [graph.input(1), graph.input(0)])]
    }
}
