import VireoIR
import VireoTensor

/// An Add of one constant a channel before a convolution without pads becomes an Add after it:
/// w * (x + b) = w * x + sum(w b). With pads the border would differ, and the Add stays.
public struct FuseAddIntoNextConvolution: Pass {
    private let unfused: NamePatterns

    /// - Parameter unfused: nodes that are left alone.
    public init(unfused: NamePatterns = NamePatterns()) { self.unfused = unfused }

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() {
            let node = model[id]
            guard model.isBinary(node, .add), !unfused.matches(node.name),
                let (data, tensor, _) = model.constantOperand(node),
                node.outputs[0].type.shape == model.type(of: data).shape,
                model[data.node].operation is Parameter,
                let consumer = model.soleUser(of: Output(id)), consumer.inputs.first == Output(id),
                let convolution = consumer.operation as? Convolution,
                let weights = model.constant(consumer.inputs[1]), weights.elementType == .f32,
                hasNoPads(consumer, convolution.window, weights, in: model),
                let terms = try model.perChannel(tensor, of: data)?.doubles(),
                let rank = consumer.outputs[0].type.shape.rank
            else { continue }
            let outputs = weights.shape[0]
            let window = weights.elementCount / max(outputs * terms.count, 1)
            let sums = weights.withUnsafeElements(of: Float.self) { weights in
                (0..<outputs).map { output in
                    var sum = 0.0
                    for (channel, term) in terms.enumerated() {
                        let start = (output * terms.count + channel) * window
                        for weight in weights[start..<start + window] { sum += Double(weight) * term }
                    }
                    return sum
                }
            }
            let users = model.uses(of: Output(consumer.id))
            model.replaceUses(of: Output(id), with: data)
            let constant = try model.addConstant(
                Tensor(.f32, [outputs], values: sums).alongAxis(1, rank: rank), name: "\(node.name)/bias")
            let add = try model.add(
                BinaryElementwise(.add), [Output(consumer.id), constant], name: "\(consumer.name)/bias")
            for use in users { model.setInput(use, to: Output(add)) }
        }
    }

    private func hasNoPads(_ node: Node, _ window: SlidingWindow, _ weights: Tensor, in model: Model) -> Bool {
        guard let input = model.type(of: node.inputs[0]).shape.shape else { return window.autoPad == .valid }
        let resolved = window.resolvingAutoPad(
            input: Array(input.dimensions.dropFirst(2)), kernel: Array(weights.shape.dimensions.dropFirst(2)))
        return (resolved.padsBegin + resolved.padsEnd).allSatisfy { $0 == 0 }
    }
}
