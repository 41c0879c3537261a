import VireoIR
import VireoTensor

/// Weights stored in 8 bits, `(Convert(w) - zero) * scale`, become FakeQuantize of the same integers, the one form in
/// which devices look for quantized weights.
public struct ExpressWeightsAsFakeQuantize: Pass {
    public init() {}

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() where model.contains(id) {
            let node = model[id]
            guard model.isBinary(node, .multiply), let stored = storedIntegers(node, in: model) else { continue }
            let (lowest, highest): (Double, Double) = stored.integers.elementType == .i8 ? (-128, 127) : (0, 255)
            let elementType = node.outputs[0].type.elementType
            func constant(_ tensor: Tensor, _ suffix: String) throws -> Output {
                try model.addConstant(tensor.converted(to: elementType), name: "\(node.name)/\(suffix)")
            }
            func scaled(_ end: Double) throws -> Tensor {
                let end = Tensor(scalar: Float(end))
                let distance = try stored.zero.map { try evaluate(BinaryElementwise(.subtract), [end, $0]) } ?? end
                return try evaluate(BinaryElementwise(.multiply), [distance, stored.scale])
            }
            let inputs = [
                try constant(stored.integers, "integers"),
                try constant(Tensor(scalar: Float(lowest)), "lowest"),
                try constant(Tensor(scalar: Float(highest)), "highest"),
                try constant(scaled(lowest), "low"), try constant(scaled(highest), "high"),
            ]
            try model.replace(id, with: FakeQuantize(levels: 256), inputs: inputs)
        }
    }

    private func storedIntegers(_ node: Node, in model: Model) -> (integers: Tensor, zero: Tensor?, scale: Tensor)? {
        for (data, factor) in [(0, 1), (1, 0)] {
            guard let scale = floats(node.inputs[factor], in: model) else { continue }
            let producer = model[node.inputs[data].node]
            if let integers = converted(producer, in: model) {
                if integers.shape == node.outputs[0].type.shape.shape { return (integers, nil, scale) }
            } else if model.isBinary(producer, .subtract), let zero = floats(producer.inputs[1], in: model),
                let integers = converted(model[producer.inputs[0].node], in: model),
                integers.shape == node.outputs[0].type.shape.shape
            {
                return (integers, zero, scale)
            }
        }
        return nil
    }

    private func converted(_ node: Node, in model: Model) -> Tensor? {
        guard node.operation is Convert, let tensor = model.constant(node.inputs[0]),
            [.i8, .u8].contains(tensor.elementType)
        else { return nil }
        return tensor
    }

    /// A constant in single precision, converted from 8 bits where it is stored so.
    private func floats(_ value: Output, in model: Model) -> Tensor? {
        let tensor = model.constant(value) ?? converted(model[value.node], in: model)
        return try? tensor?.converted(to: .f32)
    }
}
