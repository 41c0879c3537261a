import VireoIR
import VireoTensor

extension TensorFlowOperations {
    /// If and StatelessIf: both branches become bodies.
    static let condition: Translator = { graph in
        let arguments = try graph.node.inputs.indices.dropFirst().map { try graph.input($0) }
        let inputs = arguments.indices.map { Body.Input($0 + 1, to: $0) }
        let branches = try ["then_branch", "else_branch"].map { key in
            let body = try graph.body(named: key, arguments.map { graph.type($0) }) { importer, parameters in
                try importer.call(graph.node.attributes[key], parameters, name: "\(graph.node.name)/\(key)")
            }
            return Body(body, inputs: inputs, outputs: body.results.indices.map { Body.Output($0, to: $0) })
        }
        let chosen = try graph.emit(
            If(then: branches[0], else: branches[1]), [truth(graph, graph.input(0), "condition")] + arguments)
        return graph.outputs(of: chosen.node)
    }

    /// While and StatelessWhile: a Loop, whose condition is known before the first iteration and found anew at the end
    /// of each.
    static let whileLoop: Translator = { graph in
        let start = try graph.inputs()
        let node = graph.node
        func isGoingOn(_ importer: GraphImporter, _ values: [Output], _ suffix: String) throws -> Output {
            let result = try importer.call(node.attributes["cond"], values, name: "\(node.name)/\(suffix)")
            guard result.count == 1 else {
                throw VireoError(.malformedFile, "a condition with \(result.count) results", in: [node.place])
            }
            return try truth(importer, result[0], "\(suffix)/truth")
        }
        let first = try isGoingOn(graph, start, "cond_before")
        let body = try graph.body(named: "body", start.map { graph.type($0) }) { importer, parameters in
            let next = try importer.call(node.attributes["body"], parameters, name: "\(node.name)/body")
            guard next.count == parameters.count else {
                throw VireoError(
                    .malformedFile, "a body of \(parameters.count) values that makes \(next.count)", in: [node.place])
            }
            return next + [try isGoingOn(importer, next, "cond")]
        }
        let places = start.indices
        let loop = try Loop(
            Body(
                body, inputs: places.map { Body.Input($0 + 2, to: $0) },
                outputs: places.map { Body.Output($0, to: $0) },
                backEdges: places.map { Body.BackEdge(from: $0, to: $0) },
                conditionResult: start.count))
        let limit = try graph.constant(Tensor(scalar: Int64(-1)), "limit")
        return graph.outputs(of: try graph.emit(loop, [limit, first] + start).node)
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

extension GraphImporter {
    /// The graph inside of an operation: parameters of these types, and as results what `build` makes of them.
    fileprivate func body(
        named name: String, _ types: [ValueType], _ build: (GraphImporter, [Output]) throws -> [Output]
    ) throws -> Model {
        let inner = nested(name: "\(node.name)/\(name)")
        let parameters = try types.enumerated().map { index, type in
            let name = "parameter_\(index)"
            return try inner.addParameter(type, for: TensorRef(name), name: name)
        }
        let results = try build(inner, parameters)
        try inner.withModel { model in
            for (index, result) in results.enumerated() { try model.add(Result(), [result], name: "result_\(index)") }
        }
        return inner.model
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
