import VireoIR
import VireoTensor

/// x * (max(sum(x^2), epsilon))^-0.5, which is how TensorFlow's l2_normalize is written, becomes NormalizeL2.
public struct FuseNormalizeL2: Pass {
    public init() {}

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() where model.contains(id) {
            let node = model[id]
            guard model.isBinary(node, .multiply) else { continue }
            for (factor, data) in [(node.inputs[1], node.inputs[0]), (node.inputs[0], node.inputs[1])] {
                guard let (epsilon, axes) = norm(factor, of: data, in: model) else { continue }
                try model.replace(
                    id, with: NormalizeL2(epsilon: epsilon, mode: .max), inputs: [data, axes])
                break
            }
        }
    }

    /// Epsilon and axes when `factor` is the reciprocal of the norm of `data`.
    private func norm(_ factor: Output, of data: Output, in model: Model) -> (epsilon: Double, axes: Output)? {
        guard let power = model.soleBinary(factor, .power), number(power.inputs[1], in: model) == -0.5,
            let limited = model.soleBinary(power.inputs[0], .maximum),
            let (sum, _, constantIndex) = model.constantOperand(limited),
            let epsilon = number(limited.inputs[constantIndex], in: model), epsilon > 0
        else { return nil }
        let reduction = model[sum.node]
        guard let operation = reduction.operation as? Reduction, operation.kind == .sum, operation.keepDims,
            model.uses(of: sum).count == 1, model.constant(reduction.inputs[1]) != nil
        else { return nil }
        let square = model[reduction.inputs[0].node]
        guard model.isBinary(square, .multiply), square.inputs == [data, data],
            model.uses(of: reduction.inputs[0]).count == 1
        else { return nil }
        return (epsilon, reduction.inputs[1])
    }

    private func number(_ value: Output, in model: Model) -> Double? {
        guard let tensor = model.constant(value), tensor.elementCount == 1 else { return nil }
        return try? tensor.doubles()[0]
    }
}
