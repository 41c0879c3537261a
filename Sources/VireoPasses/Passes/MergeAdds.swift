import VireoIR
import VireoTensor

/// Two Adds of constants in a row become one, and two Multiplies likewise.
public struct MergeAdds: Pass {
    private let unfused: NamePatterns

    /// - Parameter unfused: nodes that are left alone.
    public init(unfused: NamePatterns = NamePatterns()) { self.unfused = unfused }

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() where model.contains(id) {
            let node = model[id]
            guard !unfused.matches(node.name), let kind = (node.operation as? BinaryElementwise)?.kind,
                kind == .add || kind == .multiply,
                let (inner, second, _) = model.constantOperand(node), let first = model.soleBinary(inner, kind),
                let (data, firstTerm, _) = model.constantOperand(first),
                firstTerm.elementType == second.elementType,
                node.outputs[0].type.shape == model.type(of: data).shape,
                first.outputs[0].type.shape == model.type(of: data).shape
            else { continue }
            let merged = try model.addConstant(
                evaluate(BinaryElementwise(kind), [firstTerm, second]), name: "\(node.name)/merged")
            try model.replace(id, with: BinaryElementwise(kind), inputs: [data, merged])
        }
    }
}
