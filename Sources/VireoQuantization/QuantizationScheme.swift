import VireoIR
import VireoTensor

/// Which layers and sums of a model are quantized, with which ranges: everything that writing FakeQuantize into it
/// takes.
struct QuantizationScheme {
    let model: Model
    let layers: [QuantizableLayer]
    let residuals: [ResidualSum]
    var ranges: [Output: ActivationRange] = [:]
    /// What is added to the output of a layer, one number an output.
    var corrections: [NodeID: [Float]] = [:]

    /// - Throws: `invalidArgument` for a model that is quantized already, or has nothing to quantize.
    init(_ model: Model) throws {
        guard !model.nodes.contains(where: { $0.operation is FakeQuantize }) else {
            throw VireoError(
                .invalidArgument, "the model holds FakeQuantize operations already", remedy: "give the f32 model")
        }
        self.model = model
        layers = try QuantizableLayer.all(of: model)
        residuals = try ResidualSum.all(of: model, beside: layers)
        guard !layers.isEmpty else {
            throw VireoError(
                .invalidArgument, "the model has no convolution and no matrix product with constant f32 weights")
        }
    }

    /// The values that are rounded, each once.
    var roundedValues: [Output] {
        var seen: Set<Output> = []
        return (layers.map(\.rounded) + residuals.map(\.rounded)).filter { seen.insert($0).inserted }
    }

    /// The model with FakeQuantize, but for the layers `kept`.
    func quantized(keeping kept: Set<NodeID>) throws -> Model {
        var result = model
        let active = layers.filter { !kept.contains($0.id) }
        let activeIDs = Set(active.map(\.id))
        let activeSums = residuals.filter { sum in
            model[sum.use.node].inputs.contains { layerBehind($0).map(activeIDs.contains) ?? false }
        }
        var seen: Set<Output> = []
        for value in active.map(\.rounded) + activeSums.map(\.rounded) where seen.insert(value).inserted {
            guard let range = ranges[value] else { continue }
            let uses = result.uses(of: value).filter { isRounded($0, activeIDs, Set(activeSums.map(\.use))) }
            let rounded = try QuantizationScheme.round(value, to: range, in: &result)
            for use in uses { result.setInput(use, to: rounded) }
        }
        for layer in active {
            let weights = try QuantizationScheme.round(layer, in: &result)
            result.setInput(Use(layer.id, 1), to: weights)
            if let correction = corrections[layer.id] { try add(correction, to: layer, in: &result) }
        }
        result.removeDeadNodes()
        return result
    }

    private func isRounded(_ use: Use, _ layers: Set<NodeID>, _ sums: Set<Use>) -> Bool {
        let node = model[use.node]
        if sums.contains(use) { return true }
        if layers.contains(use.node) { return use.index == 0 }
        return use.index == 0 && (QuantizableLayer.movesNumbers(node) || node.operation is AvgPool)
    }

    /// The layer that computes `value`, perhaps with a bias after it.
    private func layerBehind(_ value: Output) -> NodeID? {
        let node = model[value.node]
        if layers.contains(where: { $0.id == node.id }) { return node.id }
        guard (node.operation as? BinaryElementwise)?.kind == .add else { return nil }
        return node.inputs.lazy.map(\.node).first { id in layers.contains { $0.id == id } }
    }

    private func add(_ correction: [Float], to layer: QuantizableLayer, in model: inout Model) throws {
        let shape = Shape((0..<layer.resultRank).map { $0 == layer.outputChannelAxis ? correction.count : 1 })
        let output = Output(layer.id)
        if let next = model.soleUser(of: output), (next.operation as? BinaryElementwise)?.kind == .add,
            let index = next.inputs.firstIndex(where: { model.constant($0) != nil }),
            let bias = try model.constant(next.inputs[index])?.converted(to: .f32),
            bias.elementCount == correction.count, bias.shape == shape
        {
            let moved = zip(try bias.array(of: Float.self), correction).map { $0 + $1 }
            let constant = try model.addConstant(Tensor(moved, shape), name: model[next.inputs[index].node].name)
            return model.setInput(Use(next.id, index), to: constant)
        }
        let constant = try model.addConstant(Tensor(correction, shape), name: "\(layer.name)/bias_correction")
        let uses = model.uses(of: output)
        let sum = Output(
            try model.add(BinaryElementwise(.add), [output, constant], name: "\(layer.name)/corrected"))
        for use in uses { model.setInput(use, to: sum) }
    }
}

extension QuantizationScheme {
    /// Adds a FakeQuantize of an activation.
    static func round(_ value: Output, to range: ActivationRange, in model: inout Model) throws -> Output {
        let name = "\(model[value.node].name)/fq_\(value.index)"
        let low = try model.addConstant(Tensor(scalar: range.low), name: "\(name)/low")
        let high = try model.addConstant(Tensor(scalar: range.high), name: "\(name)/high")
        return Output(try model.add(FakeQuantize(levels: 256), [value, low, high, low, high], name: name))
    }

    /// Adds a FakeQuantize of a layer's weights.
    static func round(_ layer: QuantizableLayer, in model: inout Model) throws -> Output {
        let rounding = try WeightRounding(layer.weights, outputAxes: layer.outputAxes)
        let name = "\(layer.name)/fq_weights"
        let low = try model.addConstant(Tensor(rounding.limits.map { -$0 }, rounding.limitShape), name: "\(name)/low")
        let high = try model.addConstant(Tensor(rounding.limits, rounding.limitShape), name: "\(name)/high")
        let weights = model[layer.id].inputs[1]
        return Output(try model.add(FakeQuantize(levels: 255), [weights, low, high, low, high], name: name))
    }
}
