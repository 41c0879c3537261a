import CVireoPlugin
import VireoIR
import VireoTensor

/// A part of a model in the form in which plugins read it: plain memory behind a `vireo_graph`, which never changes.
///
/// Pointers that plugins are given live as long as the graph. The bytes of constants live as long as `constants`.
package final class HostGraph {
    struct Record {
        let nodes: UnsafeBufferPointer<NodeRecord>
        let values: UnsafeBufferPointer<ValueRecord>
        let inputs: UnsafeBufferPointer<Int32>
        let outputs: UnsafeBufferPointer<Int32>
        let constants: Unmanaged<Constants>
    }

    /// The tensors behind the constants.
    final class Constants {
        let tensors: [Tensor]
        init(_ tensors: [Tensor]) { self.tensors = tensors }
    }

    struct NodeRecord {
        let opType: UnsafePointer<CChar>
        let opset: UnsafePointer<CChar>
        let name: UnsafePointer<CChar>
        let inputs: UnsafeBufferPointer<Int32>
        let outputs: UnsafeBufferPointer<Int32>
        let attributes: UnsafeBufferPointer<vireo_attribute>
        /// The `vireo_graph` of each body.
        let bodies: UnsafeBufferPointer<OpaquePointer>
    }

    struct ValueRecord {
        let elementType: Int32
        let rank: Int32
        let dims: UnsafePointer<Int64>?
        let constant: UnsafeRawPointer?
        let byteCount: Int
        let constantIndex: Int?
    }

    /// The tensors behind the constants, those of bodies too.
    package var constants: [Tensor] { owned.tensors + bodies.flatMap(\.constants) }
    private let owned: Constants
    /// The graphs inside the nodes.
    private let bodies: [HostGraph]
    private let memory: Arena
    private let record: UnsafePointer<Record>

    /// The `vireo_graph`.
    package var handle: OpaquePointer { OpaquePointer(record) }
    package var nodeCount: Int { record.pointee.nodes.count }

    /// The graph of some nodes: what they read from others comes in, what others read of theirs goes out.
    /// - Parameter nodes: in topological order, without parameters, constants and results.
    convenience init(_ model: Model, nodes: [NodeID]) throws {
        let boundary = Boundary(of: nodes, in: model)
        try self.init(model, nodes: nodes, inputs: boundary.inputs, outputs: boundary.outputs)
    }

    /// The values that enter and leave a part of a model, each once, in the order of the nodes.
    struct Boundary {
        private(set) var inputs: [Output] = []
        private(set) var outputs: [Output] = []

        init(of nodes: [NodeID], in model: Model) {
            let inside = Set(nodes)
            var seen: Set<Output> = []
            for id in nodes {
                for input in model[id].inputs
                where !inside.contains(input.node) && model.constant(input) == nil && seen.insert(input).inserted {
                    inputs.append(input)
                }
                for value in model[id].outputs.indices.map({ Output(id, $0) })
                where model.uses(of: value).contains(where: { !inside.contains($0.node) }) {
                    outputs.append(value)
                }
            }
        }
    }

    /// - Parameters:
    ///   - nodes: in topological order, without parameters, constants and results.
    ///   - inputs: values that come from outside, in the order of `execute`'s inputs.
    ///   - outputs: values that nodes of the graph compute, in the order of `execute`'s outputs.
    package init(_ model: Model, nodes: [NodeID], inputs: [Output], outputs: [Output]) throws {
        var memory = Arena()
        var constants: [Tensor] = []
        var values: [ValueRecord] = []
        var numbers: [Output: Int32] = [:]

        func add(_ value: Output, constantIndex: Int? = nil) {
            guard numbers[value] == nil else { return }
            numbers[value] = Int32(values.count)
            let constant = constantIndex.map { constants[$0] }
            values.append(ValueRecord(model.type(of: value), constant, at: constantIndex, &memory))
        }

        for input in inputs { add(input) }
        // Results of a body may be constants that no node reads.
        for output in outputs where numbers[output] == nil {
            guard let tensor = model.constant(output) else { continue }
            constants.append(tensor.alignedToElements())
            add(output, constantIndex: constants.count - 1)
        }
        for id in nodes {
            for input in model[id].inputs where numbers[input] == nil {
                guard let tensor = model.constant(input) else {
                    throw VireoError(.internalError, "\(model[id].label) reads a value from outside its graph")
                }
                constants.append(tensor.alignedToElements())
                add(input, constantIndex: constants.count - 1)
            }
            for index in model[id].outputs.indices { add(Output(id, index)) }
        }
        let bodies = try nodes.map { id in try model[id].bodies.map { try HostGraph(body: $0.model) } }
        let records = zip(nodes, bodies).map { id, bodies in
            NodeRecord(
                model[id], inputs: model[id].inputs.map { numbers[$0]! },
                outputs: model[id].outputs.indices.map { numbers[Output(id, $0)]! }, bodies: bodies.map(\.handle),
                &memory)
        }
        owned = Constants(constants)
        let whole = Record(
            nodes: memory.copy(records), values: memory.copy(values), inputs: memory.copy(inputs.map { numbers[$0]! }),
            outputs: memory.copy(outputs.map { numbers[$0]! }), constants: .passUnretained(owned))
        record = memory.copy([whole]).baseAddress!
        self.bodies = bodies.flatMap(\.self)
        self.memory = memory
    }

    /// The whole graph of a body: its parameters come in, its results go out.
    private convenience init(body model: Model) throws {
        let nodes = try model.topologicalOrder().filter { id in
            let operation = model[id].operation
            return !(operation is Parameter || operation is Constant || operation is Result)
        }
        try self.init(
            model, nodes: nodes, inputs: model.parameters.map { Output($0) },
            outputs: model.results.map { model[$0].inputs[0] })
    }
}

extension HostGraph.ValueRecord {
    fileprivate init(_ type: ValueType, _ constant: Tensor?, at index: Int?, _ memory: inout Arena) {
        let dims = type.shape.dimensions?.map { Int64($0.value ?? -1) }
        let bytes = constant?.stableBytes
        self.init(
            elementType: type.elementType.rawValue, rank: Int32(dims?.count ?? -1),
            dims: dims.map { memory.copy($0).baseAddress! }, constant: bytes?.baseAddress, byteCount: bytes?.count ?? 0,
            constantIndex: index)
    }
}

extension HostGraph.NodeRecord {
    fileprivate init(
        _ node: Node, inputs: [Int32], outputs: [Int32], bodies: [OpaquePointer], _ memory: inout Arena
    ) {
        let ties = node.bodies.enumerated().flatMap { $1.attributes($0) }
        let attributes = (node.operation.attributes + ties).map { vireo_attribute($0, &memory) }
        self.init(
            opType: memory.copy(node.type), opset: memory.copy(node.operation.opset),
            name: memory.copy(node.name), inputs: memory.copy(inputs), outputs: memory.copy(outputs),
            attributes: memory.copy(attributes), bodies: memory.copy(bodies))
    }
}

extension vireo_attribute {
    init(_ attribute: Attribute, _ memory: inout Arena) {
        self.init()
        struct_size = MemoryLayout<vireo_attribute>.size
        key = memory.copy(attribute.key)
        switch attribute.value {
        case .integer(let value): set([value], &memory)
        case .integers(let values): set(values, &memory)
        case .boolean(let value): set([value ? 1 : 0], &memory)
        case .number(let value): set([value], &memory)
        case .numbers(let values): set(values, &memory)
        case .string(let text): set(text, &memory)
        case .elementType(let type): set(type.irName, &memory)
        case .shape(.unranked): set(PartialShape.unranked.irText, &memory)
        case .shape(.ranked(let dimensions)): set(dimensions.map { $0.value ?? -1 }, &memory)
        }
    }

    private mutating func set(_ values: [Int], _ memory: inout Arena) {
        kind = VIREO_ATTRIBUTE_I64_LIST
        count = values.count
        i64 = memory.copy(values.map { Int64($0) }).baseAddress
    }

    private mutating func set(_ values: [Double], _ memory: inout Arena) {
        kind = VIREO_ATTRIBUTE_F64_LIST
        count = values.count
        f64 = memory.copy(values).baseAddress
    }

    private mutating func set(_ text: String, _ memory: inout Arena) {
        kind = VIREO_ATTRIBUTE_STRING
        count = 1
        string = memory.copy(text)
    }
}
