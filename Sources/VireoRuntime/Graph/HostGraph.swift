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
    }

    struct NodeRecord {
        let opType: UnsafePointer<CChar>
        let opset: UnsafePointer<CChar>
        let name: UnsafePointer<CChar>
        let inputs: UnsafeBufferPointer<Int32>
        let outputs: UnsafeBufferPointer<Int32>
        let attributes: UnsafeBufferPointer<vireo_attribute>
    }

    struct ValueRecord {
        let elementType: Int32
        let rank: Int32
        let dims: UnsafePointer<Int64>?
        let constant: UnsafeRawPointer?
        let byteCount: Int
    }

    /// The tensors behind the constants.
    package let constants: [Tensor]
    private let memory: Arena
    private let record: UnsafePointer<Record>

    /// The `vireo_graph`.
    package var handle: OpaquePointer { OpaquePointer(record) }
    package var nodeCount: Int { record.pointee.nodes.count }

    /// - Parameters:
    ///   - nodes: in topological order, without parameters, constants and results.
    ///   - inputs: values that come from outside, in the order of `execute`'s inputs.
    ///   - outputs: values that nodes of the graph compute, in the order of `execute`'s outputs.
    package init(_ model: Model, nodes: [NodeID], inputs: [Output], outputs: [Output]) throws {
        var memory = Arena()
        var constants: [Tensor] = []
        var values: [ValueRecord] = []
        var numbers: [Output: Int32] = [:]

        func add(_ value: Output, constant: Tensor? = nil) {
            guard numbers[value] == nil else { return }
            numbers[value] = Int32(values.count)
            values.append(ValueRecord(model.type(of: value), constant: constant, &memory))
        }

        for input in inputs { add(input) }
        for id in nodes {
            for input in model[id].inputs where numbers[input] == nil {
                guard let tensor = model.constant(input) else {
                    throw VireoError(.internalError, "\(model[id].label) reads a value from outside its graph")
                }
                constants.append(tensor.alignedToElements())
                add(input, constant: constants.last)
            }
            for index in model[id].outputs.indices { add(Output(id, index)) }
        }
        let records = nodes.map { id in
            NodeRecord(
                model[id], inputs: model[id].inputs.map { numbers[$0]! },
                outputs: model[id].outputs.indices.map { numbers[Output(id, $0)]! }, &memory)
        }
        let whole = Record(
            nodes: memory.copy(records), values: memory.copy(values), inputs: memory.copy(inputs.map { numbers[$0]! }),
            outputs: memory.copy(outputs.map { numbers[$0]! }))
        record = memory.copy([whole]).baseAddress!
        self.constants = constants
        self.memory = memory
    }
}

extension HostGraph.ValueRecord {
    fileprivate init(_ type: ValueType, constant: Tensor?, _ memory: inout Arena) {
        let dims = type.shape.dimensions?.map { Int64($0.value ?? -1) }
        let bytes = constant?.stableBytes
        self.init(
            elementType: type.elementType.rawValue, rank: Int32(dims?.count ?? -1),
            dims: dims.map { memory.copy($0).baseAddress! }, constant: bytes?.baseAddress, byteCount: bytes?.count ?? 0)
    }
}

extension HostGraph.NodeRecord {
    fileprivate init(_ node: Node, inputs: [Int32], outputs: [Int32], _ memory: inout Arena) {
        let attributes = node.operation.attributes.map { vireo_attribute($0, &memory) }
        self.init(
            opType: memory.copy(node.type), opset: memory.copy("opset\(node.operation.version)"),
            name: memory.copy(node.name), inputs: memory.copy(inputs), outputs: memory.copy(outputs),
            attributes: memory.copy(attributes))
    }
}

extension vireo_attribute {
    fileprivate init(_ attribute: Attribute, _ memory: inout Arena) {
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
