import VireoIR
import VireoTensor

/// (x + b) * m becomes x * m + b * m for constants b and m, so that the Multiply meets the convolution before it.
/// Left alone where no convolution or matrix product would take the Multiply: there the order makes no difference.
public struct MoveMultiplyBeforeAdd: Pass {
    private let unfused: NamePatterns

    /// - Parameter unfused: nodes that are left alone.
    public init(unfused: NamePatterns = NamePatterns()) { self.unfused = unfused }

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() {
            let node = model[id]
            guard model.isBinary(node, .multiply), !unfused.matches(node.name),
                let (sum, factor, _) = model.constantOperand(node),
                let add = model.soleBinary(sum, .add), let (data, term, _) = model.constantOperand(add),
                add.outputs[0].type.shape == model.type(of: data).shape,
                node.outputs[0].type.shape == model.type(of: sum).shape,
                isProducer(model[data.node]), model.uses(of: data).count == 1
            else { continue }
            let scaledTerm = try model.addConstant(
                evaluate(BinaryElementwise(.multiply), [term, factor]), name: "\(add.name)/scaled")
            let factorValue = try model.addConstant(factor, name: "\(node.name)/factor")
            let multiply = try model.add(
                BinaryElementwise(.multiply), [data, factorValue], name: "\(node.name)/multiply")
            try model.replace(id, with: BinaryElementwise(.add), inputs: [Output(multiply), scaledTerm])
        }
    }

    private func isProducer(_ node: Node) -> Bool {
        node.operation is Convolution || node.operation is GroupConvolution || node.operation is MatMul
    }
}
