import VireoIR
import VireoTensor

/// (x - mean(x)) / sqrt(variance(x) + epsilon) becomes MVN, as layer and instance normalization are spelled out. What
/// TensorFlow makes of it with a scale and an offset, x * inv + (offset - mean * inv) with inv = scale / sqrt(variance
/// + epsilon), becomes MVN(x) * scale + offset. Ba et al., https://arxiv.org/abs/1607.06450.
public struct FuseMVN: Pass {
    public init() {}

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() where model.contains(id) {
            let node = model[id]
            if let found = quotient(node, in: model) {
                try model.replace(id, with: found.operation, inputs: [found.data, found.axes])
            } else if let found = scaled(node, in: model) {
                let normalized = found.normalization
                var value = Output(
                    try model.add(
                        normalized.operation, [normalized.data, normalized.axes], name: "\(node.name)/normalized"))
                if let scale = found.scale {
                    value = Output(
                        try model.add(BinaryElementwise(.multiply), [value, scale], name: "\(node.name)/scaled"))
                }
                try model.replace(id, with: BinaryElementwise(.add), inputs: [value, found.offset])
            }
        }
    }

    private struct Normalization {
        let data: Output
        let axes: Output
        let operation: MVN
    }

    /// (x - mean) / sqrt(variance + epsilon), or multiplied with the power -0.5.
    private func quotient(_ node: Node, in model: Model) -> Normalization? {
        guard model.isBinary(node, .multiply) || model.isBinary(node, .divide) else { return nil }
        let orders = model.isBinary(node, .divide) ? [(0, 1)] : [(0, 1), (1, 0)]
        for (place, other) in orders {
            let difference = model[node.inputs[place].node]
            guard model.isBinary(difference, .subtract),
                let mean = mean(difference.inputs[1], of: difference.inputs[0], in: model)
            else { continue }
            let isQuotient = model.isBinary(node, .divide)
            guard let epsilon = deviation(node.inputs[other], isReciprocal: !isQuotient, mean, in: model) else {
                continue
            }
            return Normalization(data: mean.data, axes: mean.axes, operation: epsilon)
        }
        return nil
    }

    /// x * inv + (offset - mean * inv).
    private func scaled(
        _ node: Node, in model: Model
    ) -> (normalization: Normalization, scale: Output?, offset: Output)? {
        guard model.isBinary(node, .add) else { return nil }
        for (place, other) in [(0, 1), (1, 0)] {
            guard let product = model.soleBinary(node.inputs[place], .multiply),
                let rest = model.soleBinary(node.inputs[other], .subtract),
                let shift = model.soleBinary(rest.inputs[1], .multiply)
            else { continue }
            for (data, factor) in [(product.inputs[0], product.inputs[1]), (product.inputs[1], product.inputs[0])] {
                guard let position = shift.inputs.firstIndex(of: factor),
                    let mean = mean(shift.inputs[1 - position], of: data, in: model)
                else { continue }
                if let operation = deviation(factor, isReciprocal: true, mean, in: model) {
                    return (Normalization(data: data, axes: mean.axes, operation: operation), nil, rest.inputs[0])
                }
                let scaling = model[factor.node]
                guard model.isBinary(scaling, .multiply) else { continue }
                for (inverse, scale) in [(0, 1), (1, 0)].map({ (scaling.inputs[$0.0], scaling.inputs[$0.1]) }) {
                    guard let operation = deviation(inverse, isReciprocal: true, mean, in: model) else { continue }
                    return (Normalization(data: data, axes: mean.axes, operation: operation), scale, rest.inputs[0])
                }
            }
        }
        return nil
    }

    private struct Mean {
        let data: Output
        let value: Output
        let axes: Output
    }

    /// `value` when it is the mean of `data` over constant axes, which stay.
    private func mean(_ value: Output, of data: Output, in model: Model) -> Mean? {
        let node = model[value.node]
        guard let reduction = node.operation as? Reduction, reduction.kind == .mean, reduction.keepDims,
            node.inputs[0] == data, model.constant(node.inputs[1]) != nil
        else { return nil }
        return Mean(data: data, value: value, axes: node.inputs[1])
    }

    /// The normalization whose divisor `value` is: the root of the variance around `mean` and epsilon, or its
    /// reciprocal.
    private func deviation(_ value: Output, isReciprocal: Bool, _ mean: Mean, in model: Model) -> MVN? {
        let node = model[value.node]
        let root: Output
        if isReciprocal {
            guard model.isBinary(node, .power), exponent(node, in: model) == -0.5 else { return nil }
            root = node.inputs[0]
        } else if (node.operation as? UnaryElementwise)?.kind == .sqrt {
            root = node.inputs[0]
        } else {
            guard model.isBinary(node, .power), exponent(node, in: model) == 0.5 else { return nil }
            root = node.inputs[0]
        }
        let sum = model[root.node]
        guard model.isBinary(sum, .add), let (variance, constant, _) = model.constantOperand(sum),
            let epsilon = number(constant), epsilon > 0, isVariance(variance, mean, in: model)
        else { return nil }
        return MVN(normalizeVariance: true, epsilon: epsilon, mode: .insideSqrt)
    }

    private func exponent(_ node: Node, in model: Model) -> Double? {
        model.constant(node.inputs[1]).flatMap { number($0) }
    }

    /// Whether `value` is the mean of (x - mean)^2 over the mean's axes.
    private func isVariance(_ value: Output, _ mean: Mean, in model: Model) -> Bool {
        let node = model[value.node]
        guard let reduction = node.operation as? Reduction, reduction.kind == .mean, reduction.keepDims,
            let axes = model.constant(node.inputs[1]), let wanted = model.constant(mean.axes),
            (try? axes.integers().sorted()) == (try? wanted.integers().sorted())
        else { return false }
        let square = model[node.inputs[0].node]
        func isDifference(_ value: Output) -> Bool {
            let difference = model[value.node]
            return model.isBinary(difference, .subtract) && difference.inputs == [mean.data, mean.value]
        }
        switch (square.operation as? BinaryElementwise)?.kind {
        case .squaredDifference:
            return square.inputs == [mean.data, mean.value] || square.inputs == [mean.value, mean.data]
        case .multiply: return square.inputs[0] == square.inputs[1] && isDifference(square.inputs[0])
        case .power: return exponent(square, in: model) == 2 && isDifference(square.inputs[0])
        default: return false
        }
    }
}
