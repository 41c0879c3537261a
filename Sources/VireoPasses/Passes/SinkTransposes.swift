import VireoIR
import VireoTensor

/// Moves each Transpose behind the operations that read it, until it meets its inverse and both disappear, or a Result.
///
/// The importer puts Transposes around every convolution and pool of a channels-last graph; after this pass the inside
/// of the network is channels-first. Results of rank 4 lose a last Transpose from channels-first to channels-last:
/// outputs, like inputs, are NCHW in the IR, unless the Result says which layout it has. What an operation becomes when
/// it runs before the Transpose is in `TransposeRules`.
public struct SinkTransposes: Pass {
    public init() {}

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() where model.contains(id) {
            let node = model[id]
            switch node.operation {
            case is Transpose: try compose(node, in: &model)
            case is Result: dropLayoutChange(node, in: &model)
            default:
                if let order = sharedOrder(node, in: model) { try sink(node, order, in: &model) }
            }
        }
    }

    /// The value before a Transpose and the Transpose's order, when `value` is one with a constant order.
    private func transposed(_ value: Output, in model: Model) -> (source: Output, order: AxisOrder)? {
        let node = model[value.node]
        guard node.operation is Transpose, let order = try? model.constant(node.inputs[1])?.integers(), !order.isEmpty
        else { return nil }
        return (node.inputs[0], AxisOrder(order))
    }

    private func compose(_ node: Node, in model: inout Model) throws {
        guard let (source, first) = transposed(node.inputs[0], in: model),
            let second = try model.constant(node.inputs[1])?.integers(), second.count == first.rank
        else { return }
        let order = AxisOrder(second.map { first.axes[$0] })
        if order.isIdentity {
            model.replaceUses(of: Output(node.id), with: source)
        } else {
            let constant = try model.addConstant(indexTensor(order.axes), name: "\(node.name)/order")
            try model.replace(node.id, with: Transpose(), inputs: [source, constant])
        }
    }

    private func dropLayoutChange(_ node: Node, in model: inout Model) {
        let value = node.inputs[0]
        guard node.runtimeInfo.isEmpty, let (source, order) = transposed(value, in: model), order.axes == [0, 2, 3, 1]
        else { return }
        let names = model[value.node].outputs[0].tensorNames
        model.setInput(Use(node.id, 0), to: source)
        if !names.isEmpty {
            model.setTensorNames([], of: value)
            model.setTensorNames(model[source.node].outputs[source.index].tensorNames + names, of: source)
        }
    }

    /// The order that all transposed data inputs of a node have; nil when there is none or they differ.
    private func sharedOrder(_ node: Node, in model: Model) -> AxisOrder? {
        var order: AxisOrder?
        for input in node.inputs.prefix(TransposeRules.dataInputCount(node)) {
            guard let (_, found) = transposed(input, in: model) else { continue }
            if let order, order != found { return nil }
            order = found
        }
        return order
    }

    private func sink(_ node: Node, _ order: AxisOrder, in model: inout Model) throws {
        guard let rewritten = try TransposeRules.rewrite(node, order, in: model) else { return }
        var inputs: [Output] = []
        for (index, input) in rewritten.inputs.enumerated() {
            switch input {
            case .same: inputs.append(node.inputs[index])
            case .indices(let tensor):
                inputs.append(try model.addConstant(tensor, name: "\(node.name)/input_\(index)"))
            case .data: inputs.append(try beforeTranspose(node.inputs[index], order, of: node, in: &model))
            }
        }
        let users = node.outputs.indices.map { model.uses(of: Output(node.id, $0)) }
        try model.replace(node.id, with: rewritten.operation, inputs: inputs)
        guard !rewritten.outputOrder.isIdentity else { return }
        for (index, users) in users.enumerated() where !users.isEmpty {
            let constant = try model.addConstant(indexTensor(rewritten.outputOrder.axes), name: "\(node.name)/order")
            let transpose = try model.add(
                Transpose(), [Output(node.id, index), constant], name: "\(node.name)/transpose")
            for use in users { model.setInput(use, to: Output(transpose)) }
        }
    }

    /// The value whose Transpose is `value`: what stands before one, a constant brought into the other order, or, for a
    /// value that is not transposed, its inverse Transpose.
    private func beforeTranspose(
        _ value: Output, _ order: AxisOrder, of node: Node, in model: inout Model
    ) throws -> Output {
        if let (source, _) = transposed(value, in: model) { return source }
        let shape = model.type(of: value).shape
        if shape.shape?.elementCount == 1, shape.rank ?? 0 <= order.rank { return value }
        if let tensor = model.constant(value) {
            return try model.addConstant(permuted(tensor, order), name: "\(node.name)/constant")
        }
        var source = value
        if let dimensions = shape.shape?.dimensions, dimensions.count < order.rank {
            let padded = [Int](repeating: 1, count: order.rank - dimensions.count) + dimensions
            let target = try model.addConstant(indexTensor(padded), name: "\(node.name)/shape")
            source = Output(try model.add(Reshape(), [value, target], name: "\(node.name)/unsqueezed"))
        }
        let constant = try model.addConstant(indexTensor(order.inverse.axes), name: "\(node.name)/order")
        return Output(try model.add(Transpose(), [source, constant], name: "\(node.name)/operand"))
    }

    /// A constant that met the transposed value by broadcasting, for the value before the Transpose.
    private func permuted(_ tensor: Tensor, _ order: AxisOrder) throws -> Tensor {
        let padded = [Int](repeating: 1, count: order.rank - tensor.shape.rank) + tensor.shape.dimensions
        return try evaluate(Transpose(), [tensor.reshaped(to: Shape(padded)), indexTensor(order.inverse.axes)])
    }
}

/// The order of a Transpose: axis i of its output is axis `axes[i]` of its input.
struct AxisOrder: Equatable {
    let axes: [Int]
    init(_ axes: [Int]) { self.axes = axes }

    var rank: Int { axes.count }
    var isIdentity: Bool { axes == Array(axes.indices) }
    var inverse: AxisOrder { AxisOrder(scattered(Array(axes.indices))) }

    /// The axis before the Transpose that `axis` (which may count from the back) was.
    func source(_ axis: Int) throws -> Int { axes[try normalizedAxis(axis, rank: rank)] }

    /// A list with an element for each axis after the Transpose, in the order of the axes before it.
    func scattered<Element>(_ values: [Element]) -> [Element] {
        var result = values
        for (position, axis) in axes.enumerated() { result[axis] = values[position] }
        return result
    }

    /// The order that is left when some axes after the Transpose are removed.
    func removing(_ removed: [Int]) -> AxisOrder {
        let kept = axes.indices.filter { !removed.contains($0) }.map { axes[$0] }
        let ascending = kept.sorted()
        return AxisOrder(kept.map { axis in ascending.firstIndex(of: axis)! })
    }
}
