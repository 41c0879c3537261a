import VireoTensor

extension GraphDef {
    /// The graph with every call of a function of its library, nested ones included, replaced by the function's nodes.
    ///
    /// The nodes of a call are named `call/node`; an Identity under the call's own name gives its results. The order
    /// among nodes without values (control inputs) is lost. If and While keep their functions.
    /// - Throws: `malformedFile` for a call that does not fit its function, `unsupported` for recursion.
    public func inliningFunctions() throws(VireoError) -> GraphDef {
        guard !functions.isEmpty else { return self }
        var inliner = FunctionInliner(functions)
        for node in nodes { try inliner.add(node, depth: 0) }
        return try GraphDef(nodes: inliner.nodes, producer: producer, functions: functions)
    }
}

private struct FunctionInliner {
    private(set) var nodes: [NodeDef] = []
    private let functions: [String: FunctionDef]

    private static let deepestCall = 100
    /// Functions that call each other twice grow a graph without bounds.
    private static let largestGraph = 1 << 20

    init(_ functions: [String: FunctionDef]) { self.functions = functions }

    mutating func add(_ node: NodeDef, depth: Int) throws(VireoError) {
        guard let function = try callee(of: node) else {
            nodes.append(node)
            return
        }
        do throws(VireoError) {
            try expand(node, function, depth)
        } catch {
            throw depth == 0 ? error.adding(context: node.place) : error
        }
    }

    /// The function that the node does nothing but call.
    private func callee(of node: NodeDef) throws(VireoError) -> FunctionDef? {
        guard ["PartitionedCall", "StatefulPartitionedCall"].contains(node.op) else { return functions[node.op] }
        guard case .function(let name, _) = node.attributes["f"], let function = functions[name] else {
            throw VireoError(
                .malformedFile, "the function that is called is not in the graph's library", in: [node.place])
        }
        return function
    }

    private mutating func expand(_ call: NodeDef, _ function: FunctionDef, _ depth: Int) throws(VireoError) {
        guard depth < FunctionInliner.deepestCall, nodes.count < FunctionInliner.largestGraph else {
            throw VireoError(
                .unsupported, "the function \"\(function.name)\" calls itself, or its calls are nested too deeply")
        }
        let scope = try FunctionScope(call, function)
        for member in function.body {
            var inputs: [TensorRef] = []
            for input in member.inputs { inputs.append(try scope.tensor(input)) }
            let node = NodeDef(
                "\(call.name)/\(member.node.name)", op: member.node.op, inputs: inputs, device: member.node.device,
                attributes: scope.attributes(of: member.node))
            try add(node, depth: depth + 1)
        }
        var results: [TensorRef] = []
        for result in function.results { results.append(try scope.tensor(result)) }
        nodes.append(scope.identity(call, results))
    }
}

/// What the names inside a function mean in one call of it.
private struct FunctionScope {
    private let call: NodeDef
    private let function: FunctionDef
    private let arguments: [String: TensorRef]
    private let operations: [String: String]

    init(_ call: NodeDef, _ function: FunctionDef) throws(VireoError) {
        guard call.inputs.count == function.arguments.count else {
            throw VireoError(
                .malformedFile,
                "the function \"\(function.name)\" has \(function.arguments.count) arguments and is called with "
                    + "\(call.inputs.count)")
        }
        try FunctionScope.checkOutputs(function)
        self.call = call
        self.function = function
        arguments = Dictionary(zip(function.arguments, call.inputs), uniquingKeysWith: { first, _ in first })
        operations = Dictionary(
            function.body.map { ($0.node.name, $0.node.op) }, uniquingKeysWith: { first, _ in first })
    }

    /// An operation that `OutputPorts` does not know must have a single output, so that an index in it is a port.
    private static func checkOutputs(_ function: FunctionDef) throws(VireoError) {
        let operations = Dictionary(
            function.body.map { ($0.node.name, $0.node.op) }, uniquingKeysWith: { first, _ in first })
        var outputs: [Substring: Substring] = [:]
        for text in function.body.flatMap(\.inputs) + function.results {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 3, let operation = operations[String(parts[0])], !OutputPorts.isKnown(operation)
            else { continue }
            guard outputs.updateValue(parts[1], forKey: parts[0]) ?? parts[1] == parts[1] else {
                throw VireoError(
                    .unsupported,
                    "in the function \"\(function.name)\", the order of the outputs of \(operation) is not known")
            }
        }
    }

    /// The tensor outside of the function that `text`, an argument or `node:output:index`, is inside.
    func tensor(_ text: String) throws(VireoError) -> TensorRef {
        if let argument = arguments[text] { return argument }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let index = Int(parts[2]), index >= 0, let operation = operations[parts[0]] else {
            throw VireoError(
                .malformedFile, "in the function \"\(function.name)\", \"\(text)\" is no argument or output of a node")
        }
        guard let port = OutputPorts.port(parts[1], index, of: operation) else {
            throw VireoError(
                .malformedFile, "in the function \"\(function.name)\", \"\(text)\" is no output of \(operation)")
        }
        return TensorRef("\(call.name)/\(parts[0])", port: port)
    }

    /// The node's attributes, with those that the caller gives filled in.
    func attributes(of node: NodeDef) -> [String: AttrValue] {
        node.attributes.mapValues { value in
            guard case .placeholder(let name) = value else { return value }
            return callAttributes[name] ?? value
        }
    }

    private var callAttributes: [String: AttrValue] {
        guard case .function(_, let attributes) = call.attributes["f"] else { return call.attributes }
        return attributes
    }

    /// The node that has the call's name and gives its results.
    func identity(_ call: NodeDef, _ results: [TensorRef]) -> NodeDef {
        let given = (try? call.types("Tout", default: function.resultTypes)) ?? function.resultTypes
        let types = given.count == results.count ? given : function.resultTypes
        return switch results.count {
        case 0: NodeDef(call.name, op: "NoOp")
        case 1: NodeDef(call.name, op: "Identity", inputs: results, attributes: ["T": .type(types[0])])
        default:
            NodeDef(
                call.name, op: "IdentityN", inputs: results,
                attributes: ["T": .list(types.map { AttrValue.type($0) })])
        }
    }
}
