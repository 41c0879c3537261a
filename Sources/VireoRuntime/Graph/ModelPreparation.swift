import VireoIR
import VireoPasses
import VireoTensor

extension Model {
    /// The model as every backend gets it: what is known is constant, pads are explicit, nothing is dead.
    /// - Throws: `unsupported` naming the inputs whose shapes are not known.
    package func preparedForBackends() throws -> Model {
        var model = self
        try model.requireStaticInputs()
        try PassPipeline.prepare.run(on: &model)
        try model.requireStaticValues()
        return model
    }

    private func requireStaticInputs() throws {
        let dynamic = parameters.filter { !type(of: Output($0)).isStatic }
        guard dynamic.isEmpty else {
            throw VireoError(
                .unsupported, "the model has inputs whose shape or element type is not known",
                in: dynamic.map { "input \"\(self[$0].name)\" \(type(of: Output($0)))" },
                remedy:
                    "give each input a static shape before compiling, for instance with --input_shape when converting")
        }
    }

    private func requireStaticValues() throws {
        let dynamic = nodes.filter { node in node.outputs.contains { !$0.type.isStatic } }
        guard dynamic.isEmpty else {
            throw VireoError(
                .unsupported, "the shapes of some values are known only when the model runs",
                in: dynamic.map { "node \($0.label) -> " + $0.outputs.map(\.type.description).joined(separator: ", ") },
                remedy:
                    "cut the model before the first of these nodes; devices may make outputs of any shape, but the runtime "
                    + "does not take them yet: it plans the memory of every value before the model runs")
        }
    }
}

extension ValueType {
    fileprivate var isStatic: Bool { shape.isStatic && elementType != .dynamic }
}
