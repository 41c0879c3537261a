import VireoIR
import VireoTensor

/// TensorFlow's recurrent networks of one operation. Their weights [I + H, gates * H] multiply data and hidden state
/// side by side.
extension TensorFlowOperations {
    /// LSTMBlockCell: one step. Outputs: input gate, cell state, forget gate, output gate, cell input, tanh of the cell
    /// state, hidden state.
    static let lstmBlockCell: Translator = { graph in
        let block = try LSTMBlock(graph.node, forgetBias: 1, cellClip: 3)
        let inputs = try graph.inputs()
        guard inputs.count == 8 else { throw wrongInputCount(graph.node, 8) }
        let weights = Array(inputs[3...])
        var outputs = try block.gates(graph, inputs[0], cell: inputs[1], hidden: inputs[2], weights)
        if block.isPlain {
            let new = try block.cell(graph, inputs[0], cell: inputs[1], hidden: inputs[2], weights)
            (outputs[1], outputs[6]) = (new.cell, new.hidden)
        }
        return outputs
    }

    /// BlockLSTM and BlockLSTMV2: every step of data [T, N, I]; the outputs of LSTMBlockCell, each with T in front.
    static let blockLSTM: Translator = { graph in
        let isSecondVersion = graph.node.op == "BlockLSTMV2"
        let block = try LSTMBlock(graph.node, forgetBias: isSecondVersion ? 0 : 1, cellClip: isSecondVersion ? 0 : 3)
        let inputs = try graph.inputs()
        guard inputs.count == 9 else { throw wrongInputCount(graph.node, 9) }
        let steps = try graph.dimensions(inputs[1]).first?.value
        let length = try graph.integer(0)
        guard length == steps else {
            throw VireoError(
                .unsupported, "\(length) of \(steps.map { "\($0)" } ?? "an unknown number of") steps are computed",
                in: [graph.node.place], remedy: "give the graph's input shape with --input_shape")
        }
        var outputs = try block.iterate(graph, Array(inputs.dropFirst()))
        // What nothing reads goes away later, mostly the gates.
        if block.isPlain {
            outputs[6] = try block.sequence(
                graph, inputs[1], cell: inputs[2], hidden: inputs[3], Array(inputs[4...]), length: length)
        }
        return outputs
    }

    /// GRUBlockCell: one step. Outputs: reset gate, update gate, candidate, hidden state.
    static let gruBlockCell: Translator = { graph in
        let inputs = try graph.inputs()
        guard inputs.count == 6 else { throw wrongInputCount(graph.node, 6) }
        let (data, hidden) = (inputs[0], inputs[1])
        func affine(_ right: Output, _ weights: Output, _ bias: Output, _ name: String) throws -> Output {
            let joined = try graph.emit(Concat(axis: 1), [data, right], "\(name)_operand")
            let product = try graph.emit(MatMul(), [joined, weights], "\(name)_product")
            return try graph.emit(BinaryElementwise(.add), [product, bias], "\(name)_sum")
        }
        let both = try graph.emit(UnaryElementwise(.sigmoid), [affine(hidden, inputs[2], inputs[4], "gates")], "gates")
        let gates = graph.outputs(
            of: try graph.emit(Split(count: 2), [both, graph.constant(Tensor(scalar: Int64(1)), "axis")], "split").node)
        let (reset, update) = (gates[0], gates[1])
        let kept = try graph.emit(BinaryElementwise(.multiply), [hidden, reset], "kept")
        let candidate = try graph.emit(
            UnaryElementwise(.tanh), [affine(kept, inputs[3], inputs[5], "candidate")], "candidate")
        // update * hidden + (1 - update) * candidate
        let difference = try graph.emit(BinaryElementwise(.subtract), [hidden, candidate], "difference")
        let step = try graph.emit(BinaryElementwise(.multiply), [update, difference], "step")
        return [reset, update, candidate, try graph.emit(BinaryElementwise(.add), [candidate, step])]
    }

    private static func wrongInputCount(_ node: NodeDef, _ count: Int) -> VireoError {
        VireoError(.malformedFile, "has \(node.inputs.count) inputs, and needs \(count)", in: [node.place])
    }
}

/// The step of a long short-term memory as TensorFlow's operations compute it.
private struct LSTMBlock {
    let forgetBias: Float
    /// What the cell state is clamped to; nil: nothing.
    let cellClip: Float?
    let usesPeepholes: Bool
    /// The places of input gate, cell input, forget gate and output gate among the four parts of the weights.
    let order: [Int]

    init(_ node: NodeDef, forgetBias: Float, cellClip: Float) throws {
        self.forgetBias = node.op == "BlockLSTMV2" ? 0 : try node.float("forget_bias", default: forgetBias)
        let clip = try node.float("cell_clip", default: cellClip)
        self.cellClip = clip > 0 ? clip : nil
        usesPeepholes = try node.bool("use_peephole", default: false)
        order = node.op == "BlockLSTMV2" ? [0, 2, 1, 3] : [0, 1, 2, 3]
    }

    /// Whether an LSTMCell computes it.
    var isPlain: Bool { cellClip == nil && !usesPeepholes }

    /// - Parameter weights: the weights, those of the peepholes to input, forget and output gate, and the bias.
    func gates(
        _ graph: GraphImporter, _ data: Output, cell: Output, hidden: Output, _ weights: [Output]
    ) throws -> [Output] {
        func binary(_ kind: BinaryElementwise.Kind, _ left: Output, _ right: Output, _ name: String) throws -> Output {
            try graph.emit(BinaryElementwise(kind), [left, right], name)
        }
        func unary(_ kind: UnaryElementwise.Kind, _ value: Output, _ name: String) throws -> Output {
            try graph.emit(UnaryElementwise(kind), [value], name)
        }
        func peephole(_ gate: Output, _ state: Output, _ weight: Int, _ name: String) throws -> Output {
            guard usesPeepholes else { return gate }
            return try binary(.add, gate, binary(.multiply, state, weights[weight], "\(name)_peephole"), "\(name)_all")
        }
        let operand = try graph.emit(Concat(axis: 1), [data, hidden], "operand")
        let sum = try binary(.add, graph.emit(MatMul(), [operand, weights[0]], "product"), weights[4], "sum")
        let parts = try split(sum, axis: 1, graph, "parts")
        let forgetTerm = try graph.constant(Tensor(scalar: forgetBias), "forget_bias")
        let input = try unary(.sigmoid, peephole(parts[0], cell, 1, "input"), "input_gate")
        let forgetSum = try peephole(binary(.add, parts[2], forgetTerm, "forget_sum"), cell, 2, "forget")
        let forget = try unary(.sigmoid, forgetSum, "forget_gate")
        let cellInput = try unary(.tanh, parts[1], "cell_input")
        var state = try binary(
            .add, binary(.multiply, cellInput, input, "new"), binary(.multiply, cell, forget, "kept"), "cell_state")
        if let cellClip {
            state = try graph.emit(Clamp(lower: -Double(cellClip), upper: Double(cellClip)), [state], "clipped_state")
        }
        let output = try unary(.sigmoid, peephole(parts[3], state, 3, "output"), "output_gate")
        let cellOutput = try unary(.tanh, state, "cell_output")
        let result = try binary(.multiply, cellOutput, output, "hidden_state")
        return [input, state, forget, output, cellInput, cellOutput, result]
    }

    /// `gates` for each step along axis 0 of the data.
    func iterate(_ graph: GraphImporter, _ inputs: [Output]) throws -> [Output] {
        let inner = graph.nested(name: "\(graph.node.name)/steps")
        let parameters = try inputs.enumerated().map { index, value in
            var type = graph.type(value)
            if index == 0 { type.shape = .ranked([1] + (try graph.dimensions(value).dropFirst())) }
            return try inner.addParameter(type, for: TensorRef("parameter_\(index)"), name: "parameter_\(index)")
        }
        let axis = try inner.indices([0], "axis")
        let outputs = try gates(
            inner, inner.emit(Squeeze(), [parameters[0], axis], "data"), cell: parameters[1], hidden: parameters[2],
            Array(parameters[3...]))
        let parts = try outputs.enumerated().map { try inner.emit(Unsqueeze(), [$1, axis], "part_\($0)") }
        try inner.withModel { model in
            for (index, value) in (parts + [outputs[1], outputs[6]]).enumerated() {
                try model.add(Result(), [value], name: "result_\(index)")
            }
        }
        let slicing = Body.Slicing(axis: 0)
        let iterator = try TensorIterator(
            Body(
                inner.model,
                inputs: parameters.indices.map { Body.Input($0, to: $0, $0 == 0 ? slicing : nil) },
                outputs: parts.indices.map { Body.Output($0, to: $0, slicing) },
                backEdges: [Body.BackEdge(from: parts.count, to: 1), Body.BackEdge(from: parts.count + 1, to: 2)]))
        return graph.outputs(of: try graph.emit(iterator, inputs).node)
    }

    /// The new states by an LSTMCell.
    func cell(
        _ graph: GraphImporter, _ data: Output, cell: Output, hidden: Output, _ weights: [Output]
    ) throws -> (cell: Output, hidden: Output) {
        let (size, operands) = try cellWeights(graph, data, hidden, weights)
        let new = graph.outputs(
            of: try graph.emit(RecurrentNetwork(.lstm, hiddenSize: size), [data, hidden, cell] + operands, "lstm").node)
        return (new[1], new[0])
    }

    /// The hidden states [T, N, H] of all steps by an LSTMSequence, whose data is [N, T, I].
    func sequence(
        _ graph: GraphImporter, _ data: Output, cell: Output, hidden: Output, _ weights: [Output], length: Int
    ) throws -> Output {
        let (size, operands) = try cellWeights(graph, data, hidden, weights)
        guard let batch = try graph.dimensions(hidden).first?.value, batch <= 1 << 20 else {
            throw VireoError(
                .unsupported, "a recurrent network of unknown batch", in: [graph.node.place], remedy: "give --batch")
        }
        let order = try graph.indices([1, 0, 2], "time_order")
        func inOneDirection(_ value: Output, axis: Int, _ name: String) throws -> Output {
            try graph.emit(Unsqueeze(), [value, graph.indices([axis], "\(name)_axis")], "\(name)_direction")
        }
        let states = try [(hidden, "hidden"), (cell, "cell")].map { try inOneDirection($0, axis: 1, $1) }
        let lengths = try graph.indices([Int](repeating: length, count: batch), "lengths")
        let all = try graph.emit(
            RecurrentNetwork(.lstm, isSequence: true, hiddenSize: size),
            [graph.emit(Transpose(), [data, order], "batch_first")] + states + [lengths]
                + operands.enumerated().map { try inOneDirection($1, axis: 0, "operand_\($0)") }, "lstm")
        let steps = try graph.emit(Squeeze(), [all, graph.indices([1], "direction")], "steps")
        return try graph.emit(Transpose(), [steps, order], "time_first")
    }

    /// The hidden size, and weights [4 * H, I], recurrent weights [4 * H, H] and bias [4 * H] in the order of a cell:
    /// forget, input, cell, output.
    private func cellWeights(
        _ graph: GraphImporter, _ data: Output, _ hidden: Output, _ weights: [Output]
    ) throws -> (Int, [Output]) {
        guard let size = try graph.dimensions(hidden).last?.value, let width = try graph.dimensions(data).last?.value,
            (1...1 << 20).contains(size)
        else {
            throw VireoError(.unsupported, "a recurrent network of unknown width", in: [graph.node.place])
        }
        func reordered(_ value: Output, axis: Int, _ name: String) throws -> Output {
            let parts = try split(value, axis: axis, graph, name)
            return try graph.emit(Concat(axis: axis), [parts[2], parts[0], parts[1], parts[3]], "\(name)_reordered")
        }
        let turned = try graph.emit(
            Transpose(), [reordered(weights[0], axis: 1, "weights"), graph.indices([1, 0], "order")], "weights_turned")
        let axis = try graph.constant(Tensor(scalar: Int64(1)), "weights_axis")
        let widths = try graph.indices([width, size], "widths")
        let both = graph.outputs(of: try graph.emit(VariadicSplit(), [turned, axis, widths], "weights_split").node)
        let extra = try graph.constant(
            Tensor(.f32, [4 * size], values: (0..<4 * size).map { $0 < size ? Double(forgetBias) : 0 }),
            "forget_bias_all")
        let bias = try graph.emit(BinaryElementwise(.add), [reordered(weights[4], axis: 0, "bias"), extra], "bias_sum")
        return (size, both + [bias])
    }

    /// Input gate, cell input, forget gate and output gate of what has them side by side.
    private func split(_ value: Output, axis: Int, _ graph: GraphImporter, _ name: String) throws -> [Output] {
        let place = try graph.constant(Tensor(scalar: Int64(axis)), "\(name)_axis")
        let parts = graph.outputs(of: try graph.emit(Split(count: 4), [value, place], name).node)
        return order.map { parts[$0] }
    }
}
