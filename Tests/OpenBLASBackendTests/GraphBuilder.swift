import OpenBLASBackend
import Testing
import VireoPluginKit
import VireoPluginTestSupport
import VireoTensor

/// A graph made by hand, with the data of its inputs.
final class GraphBuilder {
    private var values: [ValueView] = []
    private var nodes: [NodeView] = []
    private var inputs: [Int] = []
    private var data: [[Float]] = []
    private var memory: [UnsafeMutableRawBufferPointer] = []

    deinit { for bytes in memory { bytes.deallocate() } }

    func input(_ numbers: [Float], _ dimensions: [Int]) -> Int {
        data.append(numbers)
        inputs.append(add(.f32, dimensions))
        return values.count - 1
    }

    func constant<Element: TensorElement>(_ elements: [Element], _ dimensions: [Int]) -> Int {
        let bytes = elements.withUnsafeBytes { source in
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 64)
            copy.copyMemory(from: source)
            return copy
        }
        memory.append(bytes)
        values.append(
            ValueView(
                elementType: Element.elementType, shape: PartialShape(Shape(dimensions)),
                constant: UnsafeRawBufferPointer(bytes)))
        return values.count - 1
    }

    func axes(_ axes: [Int]) -> Int { constant(axes.map { Int64($0) }, [axes.count]) }

    func node(
        _ opType: String, _ inputs: [Int], to dimensions: [[Int]], _ attributes: [String: NodeView.Attribute] = [:],
        opset: String = "opset1"
    ) -> [Int] {
        let outputs = dimensions.map { add(.f32, $0) }
        nodes.append(
            NodeView(
                opType, opset: opset, name: "node \(nodes.count)", inputs: inputs, outputs: outputs,
                attributes: attributes))
        return outputs
    }

    func node(
        _ opType: String, _ inputs: [Int], to dimensions: [Int], _ attributes: [String: NodeView.Attribute] = [:]
    ) -> Int {
        node(opType, inputs, to: [dimensions], attributes)[0]
    }

    func add(_ elementType: ElementType, _ dimensions: [Int]) -> Int {
        values.append(ValueView(elementType: elementType, shape: PartialShape(Shape(dimensions))))
        return values.count - 1
    }

    func add(_ value: ValueView) -> Int {
        values.append(value)
        return values.count - 1
    }

    func graph(outputs: [Int]) -> GraphView {
        GraphView(nodes: nodes, values: values, inputs: inputs, outputs: outputs)
    }

    /// Compiles the graph and runs it twice, so that the second run meets the memory of the first.
    func run(
        outputs: [Int], threads: Int = 2, profile: Bool = false, mode: String = "PERFORMANCE"
    ) throws -> (numbers: [[Float]], rows: [ProfileRow]) {
        let graph = graph(outputs: outputs)
        let backend = try OpenBLASBackend(device: 0, host: TestHost.host)
        for (node, verdict) in zip(graph.nodes, backend.support(for: graph)) {
            try #require(verdict == .yes, "\(node.opType): \(verdict)")
        }
        let executable = try backend.compile(
            graph,
            properties: [
                "INFERENCE_NUM_THREADS": String(threads), "PERF_COUNT": profile ? "YES" : "NO",
                "EXECUTION_MODE_HINT": mode,
            ])
        let context = try executable.makeContext()
        let buffers = try inputBuffers()
        var results: [DeviceBuffer?] = outputs.map { _ in nil }
        for _ in 0..<2 { try context.execute(inputs: buffers, outputs: &results) }
        return (results.map { read($0!) }, context.profile)
    }

    func inputBuffers() throws -> [DeviceBuffer] {
        try zip(inputs, data).map { value, numbers in
            let shape = try #require(values[value].shape.shape)
            let buffer = try HostBuffer(.f32, shape, host: TestHost.host)
            numbers.withUnsafeBytes { buffer.memory.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
            return buffer
        }
    }
}

func read(_ buffer: DeviceBuffer) -> [Float] {
    guard let buffer = buffer as? HostBuffer else { return [] }
    return Array(
        UnsafeBufferPointer(
            start: buffer.memory.assumingMemoryBound(to: Float.self), count: buffer.shape.elementCount))
}

/// Numbers between -1 and 1 that look random and are always the same.
func noise(_ count: Int, seed: UInt64) -> [Float] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
    }
}

func noise(_ dimensions: [Int], seed: UInt64) -> [Float] { noise(dimensions.reduce(1, *), seed: seed) }

/// A number computed in double precision, and the sum of the magnitudes that went into it: what rounding errors grow
/// with.
struct Exact {
    var value = 0.0
    var magnitude = 0.0

    mutating func add(_ term: Double) {
        value += term
        magnitude += term.magnitude
    }
}

/// Compares with what the test computed. A sum of n products in single precision, whatever its order, stays within a
/// few roundings (6e-8) of the sum of magnitudes.
func expectEqual(
    _ numbers: [Float], _ expected: [Exact], tolerance: Double = 1e-6, _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard numbers.count == expected.count else {
        Issue.record("\(numbers.count) numbers instead of \(expected.count)", sourceLocation: sourceLocation)
        return
    }
    for (index, (number, exact)) in zip(numbers, expected).enumerated() {
        let error = (Double(number) - exact.value).magnitude
        if !(error <= tolerance * (exact.magnitude + 1)) {
            Issue.record(
                "element \(index) is \(number) instead of \(exact.value) \(comment?.rawValue ?? "")",
                sourceLocation: sourceLocation)
            return
        }
    }
}

func expectEqual(
    _ numbers: [Float], _ expected: [Double], tolerance: Double = 1e-6, _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    expectEqual(
        numbers, expected.map { Exact(value: $0, magnitude: $0.magnitude) }, tolerance: tolerance, comment,
        sourceLocation: sourceLocation)
}

/// All positions of a shape in row-major order.
func positions(_ dimensions: [Int]) -> [[Int]] {
    dimensions.reduce([[]]) { heads, extent in heads.flatMap { head in (0..<extent).map { head + [$0] } } }
}

/// The element of `numbers` at a position of an output that it is broadcast to.
func broadcast(_ numbers: [Float], _ dimensions: [Int], at position: [Int]) -> Double {
    var index = 0
    for (extent, place) in zip(dimensions, position.suffix(dimensions.count)) {
        index = index * extent + (extent == 1 ? 0 : place)
    }
    return Double(numbers[index])
}
