import ReferenceBackend
import Testing
import VireoPluginKit
import VireoPluginTestSupport
import VireoTensor

/// relu(x + c) and x + c, for x of any number of rows of three.
private func graph(_ bias: UnsafeRawBufferPointer, rows: Dimension = 2) -> GraphView {
    let rowsOfThree = PartialShape.ranked([rows, 3])
    let values = [
        ValueView(elementType: .f32, shape: rowsOfThree),
        ValueView(elementType: .f32, shape: PartialShape([3]), constant: bias),
        ValueView(elementType: .f32, shape: rowsOfThree),
        ValueView(elementType: .f32, shape: rowsOfThree),
    ]
    let nodes = [
        NodeView("Add", name: "sum", inputs: [0, 1], outputs: [2]),
        NodeView("ReLU", name: "positive", inputs: [2], outputs: [3]),
    ]
    return GraphView(nodes: nodes, values: values, inputs: [0], outputs: [3, 2])
}

private func buffer(_ elements: [Float], _ shape: Shape) throws -> HostBuffer {
    let buffer = try HostBuffer(.f32, shape, host: TestHost.host)
    elements.withUnsafeBytes { buffer.memory.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    return buffer
}

private func floats(_ buffer: DeviceBuffer?) throws -> [Float] {
    let buffer = try #require(buffer)
    var elements = [Float](repeating: .nan, count: buffer.shape.elementCount)
    try elements.withUnsafeMutableBytes { try buffer.read(into: $0.baseAddress!) }
    return elements
}

struct ExecutionTests {
    private let bias: [Float] = [1, -1, 0]
    private let data: [Float] = [1, 2, 3, -4, 5, -6]

    /// Runs `body` with a context of the graph above.
    private func withContext(
        rows: Dimension = 2, host: Host = TestHost.host, properties: [String: String] = [:],
        _ body: (any PluginContext) throws -> Void
    ) throws {
        let backend = try ReferenceBackend(device: 0, host: host)
        try bias.withUnsafeBytes { bytes in
            let executable = try backend.compile(graph(bytes, rows: rows), properties: properties)
            try body(try executable.makeContext())
        }
    }

    @Test("outputs are put into the buffers that are given, or into new ones")
    func outputs() throws {
        try withContext { context in
            let given = try buffer([9, 9, 9, 9, 9, 9], [2, 3])
            var outputs: [DeviceBuffer?] = [given, nil]
            for _ in 0..<2 { try context.execute(inputs: [buffer(data, [2, 3])], outputs: &outputs) }
            #expect(outputs[0] === given)
            #expect(try floats(outputs[0]) == [2, 1, 3, 0, 4, 0])
            #expect(try floats(outputs[1]) == [2, 1, 3, -3, 4, -6])
            #expect(context.profile.isEmpty)
        }
    }

    @Test("a profile has a row for each node that ran")
    func profile() throws {
        try withContext(properties: ["PERF_COUNT": "YES"]) { context in
            var outputs: [DeviceBuffer?] = [nil, nil]
            for _ in 0..<2 { try context.execute(inputs: [buffer(data, [2, 3])], outputs: &outputs) }
            #expect(context.profile.map(\.nodeName) == ["sum", "positive"])
            #expect(context.profile.map(\.opType) == ["Add", "ReLU"])
            #expect(context.profile.allSatisfy { $0.execType == "swift_f32" && $0.status == .executed })
        }
    }

    @Test("a dimension that is not known takes any extent")
    func dynamicShape() throws {
        try withContext(rows: .dynamic) { context in
            for rows in [1, 3, 0] {
                var outputs: [DeviceBuffer?] = [nil, nil]
                let zeros = [Float](repeating: 0, count: rows * 3)
                try context.execute(inputs: [buffer(zeros, [rows, 3])], outputs: &outputs)
                #expect(try floats(outputs[0]) == (0..<rows).flatMap { _ in [1, 0, 0] as [Float] })
            }
        }
    }

    @Test("buffers that do not fit are refused")
    func badBuffers() throws {
        try withContext { context in
            var outputs: [DeviceBuffer?] = [nil, nil]
            #expect(throws: VireoError.self) { try context.execute(inputs: [], outputs: &outputs) }
            #expect(throws: VireoError.self) {
                try context.execute(inputs: [buffer(data, [3, 2])], outputs: &outputs)
            }
            let integers = try HostBuffer(.i32, [2, 3], host: TestHost.host)
            #expect(throws: VireoError.self) { try context.execute(inputs: [integers], outputs: &outputs) }
            var short: [DeviceBuffer?] = [nil]
            #expect(throws: VireoError.self) { try context.execute(inputs: [buffer(data, [2, 3])], outputs: &short) }
            var wrong: [DeviceBuffer?] = [integers, nil]
            #expect(throws: VireoError.self) { try context.execute(inputs: [buffer(data, [2, 3])], outputs: &wrong) }
        }
    }

    @Test("a host without memory is an error, and the context goes on working")
    func noMemory() throws {
        try withContext(host: TestHost.poor) { context in
            var outputs: [DeviceBuffer?] = [nil, nil]
            let error = #expect(throws: VireoError.self) {
                try context.execute(inputs: [buffer(data, [2, 3])], outputs: &outputs)
            }
            #expect(error?.code == .outOfMemory)
            var given: [DeviceBuffer?] = [try buffer(data, [2, 3]), try buffer(data, [2, 3])]
            try context.execute(inputs: [buffer(data, [2, 3])], outputs: &given)
            #expect(try floats(given[1]) == [2, 1, 3, -3, 4, -6])
        }
    }
}
