import VireoTensor

/// A graph inside an operation, with how its parameters and results are tied to the operation's inputs and outputs.
///
/// Parameters and results are named by their place in the body's lists.
public struct Body: Sendable {
    /// How one part after the other is taken from a tensor along an axis, or joined to one.
    public struct Slicing: Equatable, Sendable {
        public var axis: Int
        /// Where the first part begins; negative counts from the end, -1 being the end itself.
        public var start: Int
        public var end: Int
        /// The way from part to part; negative runs backwards.
        public var stride: Int
        public var partSize: Int

        public init(axis: Int, start: Int = 0, end: Int = -1, stride: Int = 1, partSize: Int = 1) {
            self.axis = axis
            self.start = start
            self.end = end
            self.stride = stride
            self.partSize = partSize
        }
    }

    /// An input of the operation that goes to a parameter: whole, or part by part.
    public struct Input: Equatable, Sendable {
        public var input: Int
        public var parameter: Int
        public var slicing: Slicing?

        public init(_ input: Int, to parameter: Int, _ slicing: Slicing? = nil) {
            self.input = input
            self.parameter = parameter
            self.slicing = slicing
        }
    }

    /// A result that becomes an output of the operation: its last value, or all of them joined.
    public struct Output: Equatable, Sendable {
        public var result: Int
        public var output: Int
        public var slicing: Slicing?

        public init(_ result: Int, to output: Int, _ slicing: Slicing? = nil) {
            self.result = result
            self.output = output
            self.slicing = slicing
        }
    }

    /// A result that becomes the value of a parameter in the next iteration.
    public struct BackEdge: Equatable, Sendable {
        public var result: Int
        public var parameter: Int

        public init(from result: Int, to parameter: Int) {
            self.result = result
            self.parameter = parameter
        }
    }

    public var model: Model
    public var inputs: [Input]
    public var outputs: [Output]
    public var backEdges: [BackEdge]
    /// The parameter that receives the number of the iteration.
    public var iterationParameter: Int?
    /// The result that says whether there is another iteration.
    public var conditionResult: Int?

    public init(
        _ model: Model, inputs: [Input], outputs: [Output], backEdges: [BackEdge] = [], iterationParameter: Int? = nil,
        conditionResult: Int? = nil
    ) {
        self.model = model
        self.inputs = inputs
        self.outputs = outputs
        self.backEdges = backEdges
        self.iterationParameter = iterationParameter
        self.conditionResult = conditionResult
    }
}

// MARK: - Consistency

extension Body {
    /// - Throws: `malformedFile` when the ties name what does not exist, or a parameter has no value or two.
    func check() throws(VireoError) {
        func require(_ condition: Bool, _ problem: String) throws(VireoError) {
            guard condition else { throw VireoError(.malformedFile, problem, in: ["body \"\(model.name)\""]) }
        }
        let (parameters, results) = (model.parameters.indices, model.results.indices)
        var fed: Set<Int> = []
        for parameter in inputs.map(\.parameter) + [iterationParameter].compactMap(\.self) {
            try require(parameters.contains(parameter), "parameter \(parameter) of a body that has \(parameters.count)")
            try require(fed.insert(parameter).inserted, "parameter \(parameter) of a body is given two values")
        }
        if let missing = parameters.first(where: { !fed.contains($0) }) {
            throw VireoError(.malformedFile, "parameter \(missing) of a body is given no value")
        }
        for result in outputs.map(\.result) + backEdges.map(\.result) + [conditionResult].compactMap(\.self) {
            try require(results.contains(result), "result \(result) of a body that has \(results.count)")
        }
        for edge in backEdges {
            let source = inputs.first { $0.parameter == edge.parameter }
            try require(
                source != nil && source?.slicing == nil,
                "a back edge to parameter \(edge.parameter), which has no start")
        }
        let made = outputs.map(\.output).sorted()
        try require(made == Array(made.indices), "the outputs \(made) of a body, which are not one after the other")
        for slicing in inputs.compactMap(\.slicing) + outputs.compactMap(\.slicing) {
            try require(
                slicing.partSize > 0 && slicing.stride != 0 && slicing.stride > .min,
                "parts of \(slicing.partSize) at a distance of \(slicing.stride)")
        }
    }

    /// - Throws: `invalidArgument` when the operation has fewer inputs than the body reads.
    func check(inputCount: Int) throws(VireoError) {
        for input in inputs where !(0..<inputCount).contains(input.input) {
            throw VireoError(.invalidArgument, "a body reads input \(input.input) of \(inputCount)")
        }
    }
}

// MARK: - Types

extension Body {
    /// The types of the body's results when its parameters have these types and every iteration is considered: what
    /// changes from one to the next is unknown.
    func resultTypes(_ inputs: InferenceInputs) throws -> [ValueType] {
        try check(inputCount: inputs.count)
        var types = model.parameters.map { model.type(of: VireoIR.Output($0)) }
        for input in self.inputs {
            types[input.parameter] = try input.slicing?.partType(inputs[input.input]) ?? inputs[input.input]
        }
        while true {
            let results = try resultTypes(parameters: types)
            var changed = false
            for edge in backEdges {
                let common = types[edge.parameter].widened(toInclude: results[edge.result])
                changed = changed || common != types[edge.parameter]
                types[edge.parameter] = common
            }
            if !changed { return results }
        }
    }

    private func resultTypes(parameters: [ValueType]) throws -> [ValueType] {
        var typed = model
        for (id, type) in zip(model.parameters, parameters) {
            try typed.replace(id, with: Parameter(type.elementType, type.shape))
        }
        try typed.inferTypes()
        return typed.results.map { typed.type(of: typed[$0].inputs[0]) }
    }

    /// The types of the operation's outputs, in order, for so many iterations (nil: unknown).
    func outputTypes(_ results: [ValueType], iterations: Int?) throws -> [ValueType] {
        try outputs.sorted { $0.output < $1.output }.map { output in
            let result = results[output.result]
            guard let slicing = output.slicing, var dimensions = result.shape.dimensions else { return result }
            let axis = try normalizedAxis(slicing.axis, rank: dimensions.count)
            let extent = iterations.flatMap { count in
                dimensions[axis].value.map { $0.multipliedReportingOverflow(by: count) }
            }
            dimensions[axis] = extent.flatMap { $0.overflow ? nil : Dimension($0.partialValue) } ?? .dynamic
            return ValueType(result.elementType, .ranked(dimensions))
        }
    }
}

extension Body.Slicing {
    /// The type of a part of a tensor of this type.
    fileprivate func partType(_ whole: ValueType) throws -> ValueType {
        guard var dimensions = whole.shape.dimensions else { return whole }
        dimensions[try normalizedAxis(axis, rank: dimensions.count)] = Dimension(partSize)
        return ValueType(whole.elementType, .ranked(dimensions))
    }

    /// Where each part of an axis begins.
    /// - Throws: `invalidArgument` when a part would lie outside.
    public func parts(of extent: Int) throws(VireoError) -> [Int] {
        func place(_ bound: Int) -> Int { bound < 0 ? bound &+ extent &+ 1 : bound }
        let (first, last) = (place(start), place(end))
        guard (0...extent).contains(first), (0...extent).contains(last), stride > 0 ? first <= last : last <= first
        else {
            throw VireoError(.invalidArgument, "parts from \(start) to \(end) of an axis of \(extent)")
        }
        let step = Int(clamping: stride.magnitude)
        let begins = Array(Swift.stride(from: 0, to: abs(last - first), by: step)).map {
            stride > 0 ? first + $0 : first - $0 - partSize
        }
        guard begins.allSatisfy({ $0 >= 0 && partSize <= extent - $0 }) else {
            throw VireoError(.invalidArgument, "parts of \(partSize) from \(start) to \(end) of an axis of \(extent)")
        }
        return begins
    }
}

extension ValueType {
    /// The narrowest type that holds what this and `other` hold.
    func widened(toInclude other: ValueType) -> ValueType {
        guard let mine = shape.dimensions, let theirs = other.shape.dimensions, mine.count == theirs.count else {
            return ValueType(elementType, .unranked)
        }
        return ValueType(elementType, .ranked(zip(mine, theirs).map { $0 == $1 ? $0 : .dynamic }))
    }
}

// MARK: - As attributes

/// The ties of a body as lists of integers, which is how they cross the plugin ABI: rows of input, parameter and
/// slicing, of result, output and slicing, and of result and parameter. A slicing is axis, start, end, stride and part
/// size; a stride of 0 stands for none.
extension Body {
    /// - Parameter index: the body's number, which ends the names.
    public func attributes(_ index: Int) -> [Attribute] {
        func row(_ slicing: Slicing?) -> [Int] {
            slicing.map { [$0.axis, $0.start, $0.end, $0.stride, $0.partSize] } ?? [0, 0, 0, 0, 0]
        }
        return [
            Attribute(
                "body_inputs_\(index)", .integers(inputs.flatMap { [$0.input, $0.parameter] + row($0.slicing) })),
            Attribute(
                "body_outputs_\(index)", .integers(outputs.flatMap { [$0.result, $0.output] + row($0.slicing) })),
            Attribute("body_back_edges_\(index)", .integers(backEdges.flatMap { [$0.result, $0.parameter] })),
            Attribute("body_iteration_\(index)", .integer(iterationParameter ?? -1)),
            Attribute("body_condition_\(index)", .integer(conditionResult ?? -1)),
        ]
    }

    /// A body from its graph and the attributes that `attributes` gives.
    /// - Throws: `malformedFile` for rows of another length.
    public init(_ model: Model, _ index: Int, _ attributes: AttributeReader) throws(VireoError) {
        func rows(_ key: String, _ width: Int) throws(VireoError) -> [[Int]] {
            let list = try attributes.integers("\(key)_\(index)")
            guard list.count.isMultiple(of: width) else {
                throw VireoError(.malformedFile, "\(list.count) integers in \(key)_\(index)")
            }
            return stride(from: 0, to: list.count, by: width).map { Array(list[$0..<$0 + width]) }
        }
        func slicing(_ row: [Int]) -> Slicing? {
            row[5] == 0 ? nil : Slicing(axis: row[2], start: row[3], end: row[4], stride: row[5], partSize: row[6])
        }
        func place(_ key: String) throws(VireoError) -> Int? {
            let value = try attributes.integer("\(key)_\(index)")
            return value < 0 ? nil : value
        }
        self.init(
            model, inputs: try rows("body_inputs", 7).map { Input($0[0], to: $0[1], slicing($0)) },
            outputs: try rows("body_outputs", 7).map { Output($0[0], to: $0[1], slicing($0)) },
            backEdges: try rows("body_back_edges", 2).map { BackEdge(from: $0[0], to: $0[1]) },
            iterationParameter: try place("body_iteration"), conditionResult: try place("body_condition"))
    }
}
