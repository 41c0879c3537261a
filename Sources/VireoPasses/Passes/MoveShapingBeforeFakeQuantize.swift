import VireoIR
import VireoTensor

/// A Transpose, Reshape, Squeeze or Unsqueeze of quantized weights is applied to the weights and to the ranges instead,
/// so that FakeQuantize stands right before what reads it.
public struct MoveShapingBeforeFakeQuantize: Pass {
    public init() {}

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() where model.contains(id) {
            let node = model[id]
            guard let data = node.inputs.first, let quantize = model[data.node].operation as? FakeQuantize,
                let weights = model.constant(model[data.node].inputs[0]), let result = node.outputs[0].type.shape.shape,
                node.inputs.dropFirst().allSatisfy({ model.constant($0) != nil })
            else { continue }
            let limits = model[data.node].inputs[1...].compactMap { model.constant($0) }
            let shape = Shaping(node.operation, from: weights.shape, to: result)
            guard limits.count == 4, let shape,
                case let moved = try limits.map({ try shape.moved($0, with: node, in: model) }),
                case let known = moved.compactMap({ $0 }), known.count == 4
            else { continue }
            let others = node.inputs.dropFirst().compactMap { model.constant($0) }
            var inputs = [
                try model.addConstant(evaluate(node.operation, [weights] + others), name: "\(node.name)/weights")
            ]
            for (limit, name) in zip(known, ["input_low", "input_high", "output_low", "output_high"]) {
                inputs.append(try model.addConstant(limit, name: "\(node.name)/\(name)"))
            }
            try model.replace(id, with: FakeQuantize(levels: quantize.levels), inputs: inputs)
        }
    }

    /// What happens to a range, which has one number or one along a single axis.
    private struct Shaping {
        private let isTranspose: Bool
        private let source: Shape
        private let result: Shape

        init?(_ operation: any Operation, from source: Shape, to result: Shape) {
            switch operation {
            case is Transpose: isTranspose = true
            case is Reshape, is Squeeze, is Unsqueeze: isTranspose = false
            default: return nil
            }
            self.source = source
            self.result = result
        }

        /// Nil when the range does not run along axes that stay together.
        func moved(_ limit: Tensor, with node: Node, in model: Model) throws -> Tensor? {
            if limit.elementCount == 1 { return try limit.reshaped(to: .scalar) }
            guard limit.shape.rank <= source.rank else { return nil }
            let padded = [Int](repeating: 1, count: source.rank - limit.shape.rank) + limit.shape.dimensions
            if isTranspose {
                guard let order = model.constant(node.inputs[1]) else { return nil }
                return try evaluate(Transpose(), [limit.reshaped(to: Shape(padded)), order])
            }
            guard let axis = padded.firstIndex(of: limit.elementCount), source[axis] == limit.elementCount else {
                return nil
            }
            let before = source.dimensions[..<axis].reduce(1, *)
            var (outer, first) = (1, 0)
            while first < result.rank, outer < before || result[first] == 1 {
                outer *= result[first]
                first += 1
            }
            var (inner, last) = (1, first)
            while last < result.rank, inner < limit.elementCount {
                inner *= result[last]
                last += 1
            }
            guard outer == before, inner == limit.elementCount else { return nil }
            let shape = result.dimensions.indices.map { (first..<last).contains($0) ? result[$0] : 1 }
            return try limit.reshaped(to: Shape(shape))
        }
    }
}
