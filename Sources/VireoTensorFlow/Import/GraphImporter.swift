import VireoIR
import VireoTensor

/// Builds a model from a TensorFlow graph, node by node, each operation in its own layout.
///
/// Convolutions and pools of channels-last data get Transposes around them; passes take those out again.
final class GraphImporter {
    private(set) var model: Model
    private var values: [TensorRef: Output] = [:]
    /// The node being translated.
    private(set) var node = NodeDef("", op: "")

    private let customConversions: [String: CustomConversion]
    /// The graph's functions, which loops and conditions run.
    let functions: [String: FunctionDef]
    /// How many loops and conditions this one is inside of.
    private var depth: Int
    /// Arrays of which nothing was written yet.
    var emptyArrays: [Output: EmptyArray] = [:]

    private static let deepest = 32

    init(
        name: String, _ customConversions: [String: CustomConversion] = [:], functions: [String: FunctionDef] = [:],
        depth: Int = 0
    ) {
        model = Model(name: name)
        self.customConversions = customConversions
        self.functions = functions
        self.depth = depth
    }

    /// An importer for the body of the current node.
    func nested(name: String) -> GraphImporter {
        let inner = GraphImporter(name: name, customConversions, functions: functions, depth: depth)
        inner.node = node
        return inner
    }

    /// Translates the nodes of a function that the current node runs.
    /// - Throws: `unsupported` for functions that run each other too deeply.
    func translateInside(_ nodes: [NodeDef]) throws {
        guard depth < GraphImporter.deepest else {
            throw VireoError(.unsupported, "loops and conditions are nested too deeply", in: [node.place])
        }
        let caller = node
        depth += 1
        defer {
            depth -= 1
            node = caller
        }
        for node in nodes { try translate(node) }
    }

    /// Whether there is a translation of the operation.
    func canTranslate(_ operation: String) -> Bool {
        customConversions[operation] != nil || TensorFlowOperations.table[operation] != nil
    }

    // MARK: Building

    /// Adds an input of the model and makes it the value of `tensor`.
    func addParameter(_ type: ValueType, for tensor: TensorRef, name: String) throws(VireoError) -> Output {
        let output = Output(try model.add(Parameter(type.elementType, type.shape), name: name))
        values[tensor] = output
        return output
    }

    /// Makes `output` the value of `tensor`, for what the graph computed otherwise.
    func bind(_ tensor: TensorRef, to output: Output) { values[tensor] = output }

    func value(of tensor: TensorRef) -> Output? { values[tensor] }

    /// Translates one node, whose inputs have been translated.
    func translate(_ node: NodeDef) throws {
        guard let translate = customConversions[node.op]?.translate ?? TensorFlowOperations.table[node.op] else {
            throw VireoError(.unsupported, "the operation \(node.op) is not supported", in: [node.place], faq: 24)
        }
        self.node = node
        let outputs = try withContext(node.place) { try translate(self) }
        for (port, output) in outputs.enumerated() {
            let tensor = TensorRef(node.name, port: port)
            guard values[tensor] == nil else { continue }
            values[tensor] = output
            // The name goes to the value before a change of layout: passes remove the Transpose.
            let producer = model[output.node]
            let named = producer.operation is Transpose && node.op != "Transpose" ? producer.inputs[0] : output
            if model[named.node].outputs[named.index].tensorNames.isEmpty {
                model.setTensorNames(["\(node.name):\(port)"], of: named)
            }
        }
    }

    /// Adds an operation of the current node.
    /// - Parameter suffix: distinguishes the node's helpers from its main operation, which has none.
    /// - Throws: `malformedFile` for attributes that no such operation has.
    func emit(_ operation: any Operation, _ inputs: [Output], _ suffix: String = "") throws -> Output {
        try OperationSet.check(operation)
        return Output(try model.add(operation, inputs, name: suffix.isEmpty ? node.name : "\(node.name)/\(suffix)"))
    }

    /// Every output of a node of the model.
    func outputs(of id: NodeID) -> [Output] { model[id].outputs.indices.map { Output(id, $0) } }

    func constant(_ tensor: Tensor, _ suffix: String) throws -> Output {
        try model.addConstant(tensor, name: suffix.isEmpty ? node.name : "\(node.name)/\(suffix)")
    }

    func indices(_ values: [Int], _ suffix: String) throws -> Output {
        try constant(Tensor(values.map { Int64($0) }), suffix)
    }

    func withModel<Result>(_ body: (inout Model) throws -> Result) rethrows -> Result { try body(&model) }

    // MARK: Inputs of the current node

    var inputCount: Int { node.inputs.count }

    func input(_ index: Int) throws -> Output {
        guard node.inputs.indices.contains(index) else {
            throw VireoError(
                .malformedFile, "has \(node.inputs.count) inputs, and number \(index) is needed", in: [node.place])
        }
        guard let output = values[node.inputs[index]] else {
            throw VireoError(
                .malformedFile, "the input \(node.inputs[index]) is no tensor of the graph", in: [node.place])
        }
        return output
    }

    func inputs() throws -> [Output] { try node.inputs.indices.map { try input($0) } }

    func type(_ value: Output) -> ValueType { model.type(of: value) }

    /// The dimensions of a value.
    /// - Throws: `unsupported` when its rank is not known.
    func dimensions(_ value: Output) throws -> [Dimension] {
        guard let dimensions = type(value).shape.dimensions else {
            throw VireoError(
                .unsupported, "the rank of an input is not known", in: [node.place],
                remedy: "give the graph's input shape with --input_shape", faq: 38)
        }
        return dimensions
    }

    /// The elements of input `index`, which must be constant, as integers.
    func integers(_ index: Int) throws -> [Int] { try constantInput(index).integers() }

    /// The value of input `index`.
    /// - Throws: `unsupported` when it depends on the model's inputs.
    func constantInput(_ index: Int) throws -> Tensor {
        guard let tensor = model.knownValue(try input(index)) else {
            throw VireoError(
                .unsupported, "input \(index) (\(node.inputs[index])) must be a constant", in: [node.place])
        }
        return tensor
    }

    func integer(_ index: Int) throws -> Int {
        let list = try integers(index)
        guard list.count == 1 else {
            throw VireoError(.malformedFile, "input \(index) must be one number", in: [node.place])
        }
        return list[0]
    }

    // MARK: Layout

    /// Whether the node works on channels-last data, the default in TensorFlow.
    func isChannelsLast() throws -> Bool {
        switch try node.string("data_format", default: "NHWC") {
        case "NHWC", "NDHWC": return true
        case "NCHW", "NCDHW": return false
        case let format: throw VireoError(.unsupported, "data_format \(format)", in: [node.place])
        }
    }

    /// A channels-last value with its channels moved to axis 1.
    func channelsFirst(_ value: Output) throws -> Output {
        let rank = try dimensions(value).count
        guard rank >= 3 else { return value }
        let order = [0, rank - 1] + Array(1..<rank - 1)
        return try emit(Transpose(), [value, indices(order, "order_in")], "channels_first")
    }

    /// The inverse of `channelsFirst`.
    func channelsLast(_ value: Output) throws -> Output {
        let rank = try dimensions(value).count
        guard rank >= 3 else { return value }
        let order = [0] + Array(2..<rank) + [1]
        return try emit(Transpose(), [value, indices(order, "order_out")], "channels_last")
    }

    /// Runs `body` on the value with its channels first, and gives its result the node's own layout.
    func inChannelsFirst(_ value: Output, _ body: (Output) throws -> Output) throws -> Output {
        guard try isChannelsLast() else { return try body(value) }
        return try channelsLast(body(channelsFirst(value)))
    }
}
