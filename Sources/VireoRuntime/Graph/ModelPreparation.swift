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

    /// Whether the node reads or makes a value whose shape is known only when the model runs.
    func hasDynamicShapes(_ node: Node) -> Bool {
        node.outputs.contains { !$0.type.shape.isStatic } || node.inputs.contains { !type(of: $0).shape.isStatic }
    }
}
