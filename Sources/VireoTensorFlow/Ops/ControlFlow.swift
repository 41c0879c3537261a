import VireoIR
import VireoTensor

extension TensorFlowOperations {
    /// If and StatelessIf: both branches become bodies.
    static let condition: Translator = { graph in
        let places = Array(graph.node.inputs.indices.dropFirst())
        var arguments = try places.map { Argument(try graph.input($0), isInvariant: true) }
        let branches = try graph.knowingArrays(&arguments) { arguments in
            try ["then_branch", "else_branch"].map { key in
                try graph.body(named: key, arguments) { importer, parameters in
                    try importer.call(graph.node.attributes[key], parameters, name: "\(graph.node.name)/\(key)")
                }
            }
        }
        let bodies = branches.map { branch in
            let inputs = branch.places.indices.map { Body.Input($0 + 1, to: $0) }
            return Body(
                branch.model, inputs: inputs, outputs: branch.model.results.indices.map { Body.Output($0, to: $0) })
        }
        let chosen = try graph.emit(
            If(then: bodies[0], else: bodies[1]),
            [truth(graph, graph.input(0), "condition")] + branches[0].places.map { arguments[$0].value })
        return graph.outputs(of: chosen.node)
    }

    /// While and StatelessWhile: a Loop, whose condition is known before the first iteration and found anew at the end
    /// of each. What the body only hands on is read from outside by every iteration.
    static let whileLoop: Translator = { graph in
        let node = graph.node
        let invariants = try graph.invariants(of: node.attributes["body"])
        var start = try graph.inputs().enumerated().map { Argument($1, isInvariant: invariants.contains($0)) }
        func isGoingOn(_ importer: GraphImporter, _ values: [Output], _ suffix: String) throws -> Output {
            let result = try importer.call(node.attributes["cond"], values, name: "\(node.name)/\(suffix)")
            guard result.count == 1 else {
                throw VireoError(.malformedFile, "a condition with \(result.count) results", in: [node.place])
            }
            return try truth(importer, result[0], "\(suffix)/truth")
        }
        let body = try graph.knowingArrays(&start) { start in
            try graph.body(named: "body", start) { importer, parameters in
                let next = try importer.call(node.attributes["body"], parameters, name: "\(node.name)/body")
                guard next.count == parameters.count else {
                    throw VireoError(
                        .malformedFile, "a body of \(parameters.count) values that makes \(next.count)",
                        in: [node.place])
                }
                let changing = next.indices.filter { !start[$0].isInvariant }.map { next[$0] }
                return changing + [try isGoingOn(importer, next, "cond")]
            }
        }
        let first = try isGoingOn(graph, start.map(\.value), "cond_before")
        let variables = start.indices.filter { !start[$0].isInvariant }
        let loop = try Loop(
            Body(
                body.model, inputs: body.places.indices.map { Body.Input($0 + 2, to: $0) },
                outputs: variables.indices.map { Body.Output($0, to: $0) },
                backEdges: variables.enumerated().compactMap { result, variable in
                    body.places.firstIndex(of: variable).map { Body.BackEdge(from: result, to: $0) }
                },
                conditionResult: variables.count))
        let limit = try graph.constant(Tensor(scalar: Int64(-1)), "limit")
        let inputs = [limit, first] + body.places.map { start[$0].value }
        let made = graph.outputs(of: try graph.emit(loop, inputs).node)
        var results = start.map(\.value)
        for (variable, output) in zip(variables, made) { results[variable] = output }
        return results
    }

    /// A number as a truth value, as TensorFlow takes it.
    private static func truth(_ graph: GraphImporter, _ value: Output, _ suffix: String) throws -> Output {
        let type = graph.type(value)
        guard type.shape.rank == 0 else {
            throw VireoError(.unsupported, "a condition of shape \(type.shape)", in: [graph.node.place])
        }
        return type.elementType == .boolean ? value : try graph.emit(Convert(to: .boolean), [value], suffix)
    }
}

/// A value that a body gets.
private struct Argument {
    var value: Output
    /// Whether it is the same in every iteration.
    let isInvariant: Bool

    init(_ value: Output, isInvariant: Bool) {
        self.value = value
        self.isInvariant = isInvariant
    }
}

/// The graph inside an operation, and which argument each of its parameters stands for.
private struct ImportedBody {
    let model: Model
    let places: [Int]
}

extension GraphImporter {
    /// What the body of a loop hands on as it came.
    fileprivate func invariants(of function: AttrValue?) throws(VireoError) -> Set<Int> {
        guard case .function(let name, _) = function, let definition = functions[name] else { return [] }
        var origins = Dictionary(
            definition.arguments.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        for member in definition.body where member.node.op == "Identity" && member.inputs.count == 1 {
            guard let origin = origins[member.inputs[0]] else { continue }
            origins["\(member.node.name):output:0"] = origin
        }
        return Set(definition.results.indices.filter { origins[definition.results[$0]] == $0 })
    }

    /// Runs `translate`, again as long as it finds out what the elements of empty arrays are, which are then made.
    fileprivate func knowingArrays<Result>(
        _ arguments: inout [Argument], _ translate: ([Argument]) throws -> Result
    ) throws -> Result {
        for _ in arguments.indices {
            do { return try translate(arguments) } catch let found as ArrayElementFound {
                arguments[found.argument].value = try array(arguments[found.argument].value, of: found.element)
            }
        }
        return try translate(arguments)
    }

    /// The graph inside of an operation: a parameter for each argument but constants that stay the same, and as results
    /// what `build` makes of them.
    fileprivate func body(
        named name: String, _ arguments: [Argument], _ build: (GraphImporter, [Output]) throws -> [Output]
    ) throws -> ImportedBody {
        let inner = nested(name: "\(node.name)/\(name)")
        var places: [Int] = []
        let values = try arguments.enumerated().map { index, argument in
            let name = "parameter_\(index)"
            if argument.isInvariant, let known = model.knownValue(argument.value), emptyArrays[argument.value] == nil {
                return try inner.withModel { try $0.addConstant(known, name: name) }
            }
            places.append(index)
            let value = try inner.addParameter(type(argument.value), for: TensorRef(name), name: name)
            if let empty = emptyArrays[argument.value] {
                inner.emptyArrays[value] = EmptyArray(elementType: empty.elementType, count: nil, argument: index)
            }
            return value
        }
        let results = try build(inner, values)
        try inner.withModel { model in
            for (index, result) in results.enumerated() { try model.add(Result(), [result], name: "result_\(index)") }
        }
        return ImportedBody(model: inner.model, places: places)
    }

    /// The results of a function for these arguments, whose nodes become part of the model.
    fileprivate func call(_ function: AttrValue?, _ arguments: [Output], name: String) throws -> [Output] {
        let caller = node
        let graph = try withContext(caller.place) {
            try FunctionGraph(function, of: functions, argumentCount: arguments.count, prefix: name)
        }
        for (tensor, value) in zip(graph.arguments, arguments) { bind(tensor, to: value) }
        let unknown = Set(graph.nodes.map(\.op).filter { !canTranslate($0) }).sorted()
        guard unknown.isEmpty else {
            throw VireoError(
                .unsupported, "these operations cannot be converted: \(unknown.joined(separator: ", "))",
                in: [caller.place], faq: 24)
        }
        try translateInside(graph.nodes)
        return try graph.results.map { tensor in
            guard let value = value(of: tensor) else {
                throw VireoError(.malformedFile, "a function without its result \(tensor)", in: [caller.place])
            }
            return value
        }
    }
}
