import VireoTensor

/// Runs its body once for each part of its sliced inputs. Values may go from one run to the next by back edges.
public struct TensorIterator: Operation {
    public let body: Body

    /// - Throws: `malformedFile` when the body's ties are inconsistent.
    public init(_ body: Body) throws(VireoError) {
        try body.check()
        self.body = body
    }

    public var type: String { "TensorIterator" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [] }
    public var bodies: [Body] { [body] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        let results = try body.resultTypes(inputs)
        let iterations = try iterationCount { inputs[$0].shape.dimensions }
        return try body.outputTypes(results, iterations: iterations)
    }

    /// How often the body runs: once for each part of the first sliced input, or of the first joined output.
    /// - Parameter dimensions: of an input, nil when unknown.
    /// - Throws: `invalidArgument` when nothing is sliced, which leaves the number open.
    public func iterationCount(_ dimensions: (Int) -> [Dimension]?) throws -> Int? {
        if let input = body.inputs.first(where: { $0.slicing != nil }), let slicing = input.slicing {
            guard let dimensions = dimensions(input.input) else { return nil }
            let axis = try normalizedAxis(slicing.axis, rank: dimensions.count)
            return try dimensions[axis].value.map { try slicing.parts(of: $0).count }
        }
        guard let slicing = body.outputs.lazy.compactMap(\.slicing).first, slicing.start >= 0, slicing.end >= 0 else {
            throw VireoError(.invalidArgument, "no input is sliced, so that the number of iterations is open")
        }
        return try slicing.parts(of: max(slicing.start, slicing.end)).count
    }
}

/// Runs its body while a condition holds and at most so many times. Inputs: the largest number of iterations (negative:
/// any number), whether there is a first one, then what the body reads.
public struct Loop: Operation {
    public let body: Body

    /// - Throws: `malformedFile` when the body's ties are inconsistent.
    public init(_ body: Body) throws(VireoError) {
        try body.check()
        self.body = body
    }

    public var type: String { "Loop" }
    public var version: Int { 5 }
    public var attributes: [Attribute] { [] }
    public var bodies: [Body] { [body] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        guard inputs.count >= 2 else { throw VireoError(.invalidArgument, "a Loop has two inputs at least") }
        let results = try body.resultTypes(inputs)
        let count = try iterationCount(inputs)
        var outputs = try body.outputTypes(results, iterations: count)
        // With no iteration at all a value that goes around is what it was before.
        for output in body.outputs where output.slicing == nil {
            guard count == nil || count == 0,
                let edge = body.backEdges.first(where: { $0.result == output.result }),
                let start = body.inputs.first(where: { $0.parameter == edge.parameter })
            else { continue }
            outputs[output.output] =
                count == 0 ? inputs[start.input] : outputs[output.output].widened(toInclude: inputs[start.input])
        }
        return outputs
    }

    /// The number of iterations when it is known beforehand.
    private func iterationCount(_ inputs: InferenceInputs) throws -> Int? {
        if try inputs.integers(1)?.first == 0 { return 0 }
        guard let limit = try inputs.integers(0)?.first else { return nil }
        if limit == 0 { return 0 }
        guard try inputs.integers(1) != nil, limit > 0 else { return nil }
        guard let condition = body.conditionResult else { return limit }
        let source = body.model[body.model.results[condition]].inputs[0]
        guard let value = body.model.knownValue(source), try value.integers().first == 1 else { return nil }
        return limit
    }
}

/// Runs one of two bodies. Inputs: the condition, then what the bodies read.
public struct If: Operation {
    public let thenBody: Body
    public let elseBody: Body

    /// - Throws: `malformedFile` when the ties of a body are inconsistent, or the bodies have different outputs.
    public init(then thenBody: Body, else elseBody: Body) throws(VireoError) {
        try thenBody.check()
        try elseBody.check()
        guard thenBody.outputs.count == elseBody.outputs.count else {
            throw VireoError(
                .malformedFile,
                "\(thenBody.outputs.count) outputs of one body and \(elseBody.outputs.count) of the other")
        }
        self.thenBody = thenBody
        self.elseBody = elseBody
    }

    public var type: String { "If" }
    public var version: Int { 8 }
    public var attributes: [Attribute] { [] }
    public var bodies: [Body] { [thenBody, elseBody] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        guard inputs.count >= 1 else { throw VireoError(.invalidArgument, "an If has a condition") }
        if let condition = try inputs.integers(0)?.first {
            let body = condition != 0 ? thenBody : elseBody
            return try body.outputTypes(body.resultTypes(inputs), iterations: nil)
        }
        let left = try thenBody.outputTypes(thenBody.resultTypes(inputs), iterations: nil)
        let right = try elseBody.outputTypes(elseBody.resultTypes(inputs), iterations: nil)
        return zip(left, right).map { $0.widened(toInclude: $1) }
    }
}
