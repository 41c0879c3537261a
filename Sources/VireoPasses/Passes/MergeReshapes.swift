import VireoIR
import VireoTensor

/// Of several Reshape, Squeeze and Unsqueeze in a row only the last is kept, as a Reshape.
public struct MergeReshapes: Pass {
    public init() {}

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() where model.contains(id) {
            let node = model[id]
            guard isReshape(node), let target = node.outputs[0].type.shape.shape else { continue }
            var source = node.inputs[0]
            while isReshape(model[source.node]) { source = model[source.node].inputs[0] }
            if model.type(of: source).shape.shape == target {
                model.replaceUses(of: Output(id), with: source)
            } else if source != node.inputs[0] {
                let constant = try model.addConstant(indexTensor(target.dimensions), name: "\(node.name)/shape")
                try model.replace(id, with: Reshape(), inputs: [source, constant])
            }
        }
    }

    private func isReshape(_ node: Node) -> Bool {
        node.operation is Reshape || node.operation is Squeeze || node.operation is Unsqueeze
    }
}
