import OneDNNBackend
import VireoPluginKit
import VireoPluginTestSupport
import VireoTensor

/// Makes small graphs by hand, with reproducible random constants, and runs them.
final class GraphBuilder {
    private var nodes: [NodeView] = []
    private var values: [ValueView] = []
    private var inputs: [Int] = []
    private var outputs: [Int] = []
    private var storage: [UnsafeMutableRawBufferPointer] = []
    private(set) var feeds: [[Float]] = []
    private var random = SplitMix64(seed: 0x5EED)

    deinit { for block in storage { block.deallocate() } }

    /// A graph input with random contents from -1 to 1.
    func input(_ shape: [Int]) -> Int {
        inputs.append(value(.f32, shape))
        feeds.append(random.floats(shape.reduce(1, *)))
        return inputs[inputs.count - 1]
    }

    /// A graph input of u8 with random contents.
    func bytes(_ shape: [Int]) -> Int {
        inputs.append(value(.u8, shape))
        feeds.append(random.floats(shape.reduce(1, *)).map { (($0 + 1) * 127).rounded() })
        return inputs[inputs.count - 1]
    }

    func constant(_ shape: [Int], _ elements: [Float]? = nil) -> Int {
        constant(.f32, shape, elements ?? random.floats(shape.reduce(1, *)))
    }

    func halfConstant(_ shape: [Int], _ elements: [Float16]) -> Int { constant(.f16, shape, elements) }

    func integers(_ elements: [Int]) -> Int { constant(.i64, [elements.count], elements.map { Int64($0) }) }

    func elements(of value: Int) -> [Float] {
        values[value].floats ?? feeds[inputs.firstIndex(of: value)!]
    }

    func shape(of value: Int) -> [Int] { values[value].dimensions! }

    func node(
        _ opType: String, _ inputs: [Int], to shape: [Int], _ attributes: [String: NodeView.Attribute] = [:]
    ) -> Int {
        let output = value(.f32, shape)
        nodes.append(
            NodeView(
                opType, name: "\(opType)_\(nodes.count)", inputs: inputs, outputs: [output], attributes: attributes))
        return output
    }

    func nodes(
        _ opType: String, _ inputs: [Int], to shapes: [[Int]], _ attributes: [String: NodeView.Attribute] = [:]
    ) -> [Int] {
        let outputs = shapes.map { value(.f32, $0) }
        nodes.append(
            NodeView(
                opType, name: "\(opType)_\(nodes.count)", inputs: inputs, outputs: outputs, attributes: attributes))
        return outputs
    }

    func value(_ elementType: ElementType, _ shape: [Int]) -> Int {
        values.append(ValueView(elementType: elementType, shape: PartialShape(Shape(shape))))
        return values.count - 1
    }

    func value(_ elementType: ElementType, partial shape: PartialShape) -> Int {
        values.append(ValueView(elementType: elementType, shape: shape))
        return values.count - 1
    }

    /// A graph with these outputs.
    func graph(_ outputs: [Int]) -> GraphView {
        GraphView(nodes: nodes, values: values, inputs: inputs, outputs: outputs)
    }

    private func constant<Element: BitwiseCopyable>(_ type: ElementType, _ shape: [Int], _ elements: [Element]) -> Int {
        let block = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(elements.count * MemoryLayout<Element>.stride, 1), alignment: 8)
        elements.withUnsafeBytes { block.copyMemory(from: $0) }
        storage.append(block)
        values.append(
            ValueView(
                elementType: type, shape: PartialShape(Shape(shape)), constant: UnsafeRawBufferPointer(block)))
        return values.count - 1
    }
}

/// A compiled graph with a context, fed from arrays.
final class Run {
    let executable: any PluginExecutable
    let context: any PluginContext
    private let graph: GraphView

    init(_ graph: GraphView, properties: [String: String] = [:]) throws {
        self.graph = graph
        let backend = try OneDNNBackend(device: 0, host: TestHost.host)
        executable = try backend.compile(graph, properties: properties)
        context = try executable.makeContext()
    }

    func callAsFunction(_ feeds: [[Float]]) throws -> [[Float]] {
        let inputs = try zip(graph.inputs, feeds).map { value, elements in
            let type = graph.values[value].elementType
            let buffer = try HostBuffer(type, graph.values[value].shape.shape!, host: TestHost.host)
            func fill(_ bytes: UnsafeRawBufferPointer) {
                buffer.memory.copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
            }
            if type == .u8 {
                elements.map { UInt8($0) }.withUnsafeBytes(fill)
            } else {
                elements.withUnsafeBytes(fill)
            }
            return buffer
        }
        var outputs = [DeviceBuffer?](repeating: nil, count: graph.outputs.count)
        try context.execute(inputs: inputs, outputs: &outputs)
        return try outputs.map { buffer in
            let buffer = buffer!
            var result = [Float](repeating: .nan, count: buffer.shape.elementCount)
            try result.withUnsafeMutableBytes { try buffer.read(into: $0.baseAddress!) }
            return result
        }
    }

    /// Rows that ran, as "opType execType".
    var executed: [ProfileRow] { context.profile.filter { $0.status == .executed } }
    var reorders: Int { executed.count { $0.opType == "Reorder" } }
}

/// Reproducible random numbers.
struct SplitMix64 {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Numbers from -1 to 1.
    mutating func floats(_ count: Int) -> [Float] {
        (0..<count).map { _ in Float(next() >> 40) / Float(1 << 23) - 1 }
    }
}
