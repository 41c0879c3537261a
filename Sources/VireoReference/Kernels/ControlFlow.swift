import VireoIR
import VireoTensor

func tensorIterator(_ operation: TensorIterator, _ call: Call) throws -> [Tensor] {
    let count = try operation.iterationCount { call.inputs[$0].shape.dimensions.map { Dimension($0) } } ?? 0
    var iteration = try Iteration(operation.body, call)
    for number in 0..<count { _ = try iteration.run(number) }
    return try iteration.outputs()
}

func loop(_ operation: Loop, _ call: Call) throws -> [Tensor] {
    guard let limit = try call.integers(0).first, var goesOn = try call.integers(1).first.map({ $0 != 0 }) else {
        throw VireoError(.invalidArgument, "the number of iterations or the condition is empty")
    }
    var iteration = try Iteration(operation.body, call)
    var number = 0
    while goesOn && (limit < 0 || number < limit) {
        goesOn = try iteration.run(number)
        number += 1
    }
    return try iteration.outputs()
}

func branch(_ operation: If, _ call: Call) throws -> [Tensor] {
    guard let condition = try call.integers(0).first, call.inputs[0].elementCount == 1 else {
        throw VireoError(.invalidArgument, "the condition is no single element")
    }
    var iteration = try Iteration(condition != 0 ? operation.thenBody : operation.elseBody, call)
    _ = try iteration.run(0)
    return try iteration.outputs()
}

/// The runs of a body one after the other.
private struct Iteration {
    private let body: Body
    private let evaluate: ModelEvaluator
    /// What the parameters have now, with slices filled in before each run.
    private var arguments: [Tensor]
    private let slices: [(parameter: Int, whole: Tensor, axis: Int, size: Int, begins: [Int])]
    private var results: [Tensor]?
    /// For each joined output the results of all runs.
    private var collected: [[Tensor]]

    init(_ body: Body, _ call: Call) throws {
        self.body = body
        evaluate = try ModelEvaluator(body.model)
        let blank = Tensor([0] as [Int64])
        var arguments = body.model.parameters.map { _ in blank }
        for input in body.inputs where input.slicing == nil { arguments[input.parameter] = call.inputs[input.input] }
        self.arguments = arguments
        slices = try body.inputs.compactMap { input in
            guard let slicing = input.slicing else { return nil }
            let whole = call.inputs[input.input]
            let axis = try normalizedAxis(slicing.axis, rank: whole.shape.rank)
            return (input.parameter, whole, axis, slicing.partSize, try slicing.parts(of: whole.shape[axis]))
        }
        collected = body.outputs.map { _ in [] }
    }

    /// - Returns: whether the body wants another run.
    mutating func run(_ number: Int) throws -> Bool {
        for slice in slices {
            guard slice.begins.indices.contains(number) else {
                throw VireoError(.invalidArgument, "iteration \(number) of an input with \(slice.begins.count) parts")
            }
            arguments[slice.parameter] = try part(slice.whole, slice.axis, from: slice.begins[number], size: slice.size)
        }
        if let parameter = body.iterationParameter {
            let type = body.model.type(of: Output(body.model.parameters[parameter]))
            let shape: Shape = type.shape.rank == 1 ? [1] : .scalar
            arguments[parameter] = try Tensor(type.elementType, shape, values: [Double(number)])
        }
        let results = try evaluate(arguments)
        for edge in body.backEdges { arguments[edge.parameter] = results[edge.result] }
        for (index, output) in body.outputs.enumerated() where output.slicing != nil {
            collected[index].append(results[output.result])
        }
        self.results = results
        guard let condition = body.conditionResult else { return true }
        return try results[condition].integers().first.map { $0 != 0 } ?? false
    }

    /// The operation's outputs, in order.
    func outputs() throws -> [Tensor] {
        try body.outputs.enumerated().sorted { $0.element.output < $1.element.output }.map { index, output in
            if let slicing = output.slicing { return try joined(collected[index], output, slicing) }
            if let results { return results[output.result] }
            guard let edge = body.backEdges.first(where: { $0.result == output.result }) else {
                throw VireoError(.invalidArgument, "output \(output.output) of a body that is never run has no value")
            }
            return arguments[edge.parameter]
        }
    }

    private func joined(_ parts: [Tensor], _ output: Body.Output, _ slicing: Body.Slicing) throws -> Tensor {
        let inOrder = slicing.stride < 0 ? parts.reversed() : parts
        guard let first = inOrder.first else {
            let type = body.model.type(of: body.model[body.model.results[output.result]].inputs[0])
            var extents = (type.shape.dimensions ?? []).map { $0.value ?? 0 }
            extents[try normalizedAxis(slicing.axis, rank: extents.count)] = 0
            return try Tensor(zeros: type.elementType, Shape(validating: extents))
        }
        let types = inOrder.map { ValueType($0.elementType, $0.shape) }
        let join = Concat(axis: try normalizedAxis(slicing.axis, rank: first.shape.rank))
        let whole = try join.inferOutputs(InferenceInputs(types, constants: []))[0]
        guard let shape = whole.shape.shape else { throw VireoError(.invalidArgument, "parts that do not join") }
        return try concat(join, Call(inputs: Array(inOrder), shapes: [shape]))[0]
    }

    private func part(_ whole: Tensor, _ axis: Int, from begin: Int, size: Int) throws -> Tensor {
        var extents = whole.shape.dimensions
        extents[axis] = size
        let shape = try Shape(validating: extents)
        return try StridedCopy(
            extents: extents, strides: whole.shape.strides, offset: begin * whole.shape.strides[axis])(
                whole, shape: shape)
    }
}
