import VireoIR
import VireoPasses
import VireoTensor

extension Model {
    /// The model as every backend gets it: what is known is constant, pads are explicit, nothing is dead.
    /// - Parameter quantized: whether FakeQuantize of weights stays, for devices that compute in integers.
    /// - Throws: `unsupported` naming values whose element type is not known.
    package func preparedForBackends(quantized: Bool = false) throws -> Model {
        var model = self
        try (quantized ? PassPipeline.prepareQuantized : .prepare).run(on: &model)
        let untyped = model.nodes.filter { node in node.outputs.contains { $0.type.elementType == .dynamic } }
        guard untyped.isEmpty else {
            throw VireoError(
                .unsupported, "the element types of some values are not known",
                in: untyped.map { "node \($0.label) -> " + $0.outputs.map(\.type.description).joined(separator: ", ") },
                remedy: "give each input an element type")
        }
        return model
    }

    /// Takes the weights that lie in mapped files into memory, those inside loops and branches too.
    mutating func readWeights() throws {
        for node in nodes {
            switch node.operation {
            case let constant as Constant where constant.tensor.isMapped:
                var tensor = constant.tensor
                // Taking write access of a tensor that cannot be written copies it into memory of its own.
                tensor.withUnsafeMutableBytes { _ in }
                try replace(node.id, with: Constant(tensor))
            case let loop as Loop: try replace(node.id, with: Loop(loop.body.withWeightsRead()))
            case let iterator as TensorIterator:
                try replace(node.id, with: TensorIterator(iterator.body.withWeightsRead()))
            case let branch as If:
                try replace(
                    node.id,
                    with: If(then: branch.thenBody.withWeightsRead(), else: branch.elseBody.withWeightsRead()))
            default: continue
            }
        }
    }

    /// Whether the node reads or makes a value whose shape is known only when the model runs.
    func hasDynamicShapes(_ node: Node) -> Bool {
        node.outputs.contains { !$0.type.shape.isStatic } || node.inputs.contains { !type(of: $0).shape.isStatic }
    }
}

extension Body {
    fileprivate func withWeightsRead() throws -> Body {
        var body = self
        try body.model.readWeights()
        return body
    }
}
