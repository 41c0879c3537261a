import VireoIR
import VireoTensor

/// A Transpose that keeps the order of all axes longer than 1 moves no element: it becomes a Reshape.
public struct ReplaceTransposesByReshapes: Pass {
    public init() {}

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() {
            let node = model[id]
            guard node.operation is Transpose, let shape = model.type(of: node.inputs[0]).shape.shape,
                let order = try model.constant(node.inputs[1])?.integers(), order.count == shape.rank
            else { continue }
            let moved = order.filter { shape[$0] != 1 }
            guard moved == moved.sorted() else { continue }
            let target = try model.addConstant(
                indexTensor(order.map { shape[$0] }), name: "\(node.name)/shape")
            try model.replace(id, with: Reshape(), inputs: [node.inputs[0], target])
        }
    }
}
