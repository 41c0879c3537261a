import VireoIR
import VireoReference
import VireoTensor

/// Replaces every value that does not depend on the inputs by a Constant: what operations on constants compute, and
/// shapes that are known.
public struct FoldConstants: Pass {
    public init() {}

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() {
            let node = model[id]
            guard !(node.operation is Constant), !(node.operation is Parameter), !(node.operation is Result) else {
                continue
            }
            guard let values = try values(of: node, in: model) else { continue }
            for (index, tensor) in values.enumerated() where !model.uses(of: Output(id, index)).isEmpty {
                let constant = try model.addConstant(tensor, name: "\(node.name)/folded")
                model.replaceUses(of: Output(id, index), with: constant)
            }
            model.remove(id)
        }
    }

    private func values(of node: Node, in model: Model) throws -> [Tensor]? {
        let known = node.outputs.map(\.knownValue)
        if !known.contains(where: { $0 == nil }) { return known.compactMap { $0 } }
        guard !node.inputs.isEmpty else { return nil }
        var inputs: [Tensor] = []
        for input in node.inputs {
            guard let tensor = model.constant(input) else { return nil }
            inputs.append(tensor)
        }
        let types = node.outputs.map(\.type)
        guard types.allSatisfy({ $0.shape.isStatic }),
            Reference.refusal(of: node.operation, inputTypes: inputs.map { ValueType($0.elementType, $0.shape) }) == nil
        else { return nil }
        return try withContext("node \(node.label)") {
            try Reference.evaluate(node.operation, inputs, outputs: types)
        }
    }
}
