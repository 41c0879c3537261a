import VireoTensor

/// softmax(scale * Q * K^T + mask) * V. Vaswani et al., https://arxiv.org/abs/1706.03762. Inputs: queries [..., L, E],
/// keys [..., S, E], values [..., S, F], optionally a mask that broadcasts to [..., L, S] (numbers to add, or where to
/// look), and the scale (1 / sqrt(E) when left out). Batches broadcast.
public struct ScaledDotProductAttention: Operation {
    /// Whether a query sees only keys up to its own place; a mask is then not looked at.
    public let isCausal: Bool

    init(_ attributes: AttributeReader, version: Int) throws {
        isCausal = try attributes.boolean("causal", default: false)
    }

    public var type: String { "ScaledDotProductAttention" }
    public var version: Int { 13 }
    public var attributes: [Attribute] { [Attribute("causal", .boolean(isCausal))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3...5)
        let elementType = try inputs.requireSameElementType(0, 1)
        _ = try inputs.requireSameElementType(0, 2)
        guard let queries = try inputs.dimensions(0, rank: 2...8), let keys = try inputs.dimensions(1, rank: 2...8),
            let values = try inputs.dimensions(2, rank: 2...8)
        else { return [ValueType(elementType, .unranked)] }
        guard queries[queries.count - 1].isCompatible(with: keys[keys.count - 1]),
            keys[keys.count - 2].isCompatible(with: values[values.count - 2])
        else {
            throw VireoError(
                .invalidArgument,
                "queries \(inputs[0].shape), keys \(inputs[1].shape) and values \(inputs[2].shape) do not fit")
        }
        func batch(_ dimensions: [Dimension]) -> PartialShape { .ranked(Array(dimensions.dropLast(2))) }
        let common = try batch(queries).broadcast(with: batch(keys)).broadcast(with: batch(values))
        let last = [queries[queries.count - 2], values[values.count - 1]]
        return [ValueType(elementType, common.dimensions.map { .ranked($0 + last) } ?? .unranked)]
    }
}
