import OpenCLBackend
import Testing
import VireoPluginKit
import VireoPluginTestSupport
import VireoTensor

@Suite(needsDevice)
struct BackendTests {
    /// x + 1, then many sums that each need their own memory for a while: result 2^8 (x + 1).
    private func chain() -> TestGraph {
        let graph = TestGraph()
        var value = graph.node("Add", [graph.input([300]), graph.constant([1], [Float(1)])], [300])
        for _ in 0..<8 { value = graph.node("Add", [value, value], [300]) }
        graph.output(value)
        return graph
    }

    @Test("Memory that layers share is not overwritten too early")
    func sharedMemory() throws {
        var numbers = Numbers()
        let input = numbers.list([300])
        #expect(try chain().run([input])[0] == input.map { ($0 + 1) * 256 })
    }

    @Test("Contexts of one executable do not disturb each other")
    func contexts() async throws {
        let graph = chain()
        let backend = try TestDevice.backend()
        let executable = try backend.compile(graph.view, properties: [:])
        let view = graph.view
        let counts = (0..<4).map { Float($0) }
        let inputs = UncheckedTransfer(view)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for start in counts {
                tasks.addTask {
                    let context = try executable.makeContext()
                    for step in 0..<10 {
                        let x = start * 100 + Float(step)
                        let found = try context.run([[Float](repeating: x, count: 300)], of: inputs.value, on: backend)
                        #expect(found[0] == [Float](repeating: (x + 1) * 256, count: 300))
                    }
                }
            }
            try await tasks.waitForAll()
        }
        withExtendedLifetime(graph) {}
    }

    @Test("Results are written to the buffers that are given")
    func givenOutputs() throws {
        let graph = chain()
        let backend = try TestDevice.backend()
        let context = try backend.compile(graph.view, properties: [:]).makeContext()
        let given = try backend.makeBuffer(.f32, [300])
        var outputs: [DeviceBuffer?] = [given]
        try context.execute(inputs: [try backend.buffer([Float](repeating: 2, count: 300), [300])], outputs: &outputs)
        #expect(outputs[0] === given)
        #expect(try given.floats() == [Float](repeating: 768, count: 300))
    }

    @Test("An input, a constant and one value twice can be outputs")
    func unusualOutputs() throws {
        let graph = TestGraph()
        let x = graph.input([3])
        let column = graph.node("Reshape", [x, graph.integers([3, 1])], [3, 1])
        let sum = graph.node("Add", [x, x], [3])
        for value in [x, column, sum, sum] { graph.output(value) }
        let found = try graph.run([[1, 2, 3]])
        #expect(found == [[1, 2, 3], [1, 2, 3], [2, 4, 6], [2, 4, 6]])
    }

    @Test("Buffers that do not fit are refused with what was expected")
    func misfits() throws {
        let graph = chain()
        let backend = try TestDevice.backend()
        let context = try backend.compile(graph.view, properties: [:]).makeContext()
        let fitting = try backend.buffer([Float](repeating: 0, count: 300), [300])
        func message(_ inputs: [DeviceBuffer], _ outputs: [DeviceBuffer?]) throws -> String {
            var outputs = outputs
            let error = try #require(throws: VireoError.self) {
                try context.execute(inputs: inputs, outputs: &outputs)
            }
            #expect(error.code == .invalidArgument)
            return error.message
        }
        #expect(try message([], [nil]).contains("1 inputs and 1 outputs, and 0 and 1 buffers"))
        #expect(try message([fitting], []).contains("1 and 0 buffers"))
        #expect(try message([try backend.makeBuffer(.f32, [299])], [nil]).contains("f32[299]"))
        #expect(try message([try backend.makeBuffer(.i32, [300])], [nil]).contains("i32[300]"))
        #expect(try message([fitting], [try backend.makeBuffer(.f32, [30, 10])]).contains("output 0"))
        #expect(try message([fitting], [fitting]).contains("also given"))
        #expect(try message([HostBuffer(.f32, [300], host: TestHost.host)], [nil]).contains("another device"))
    }

    @Test("A profile has a row for every node, with the kernel that ran")
    func profile() throws {
        let graph = TestGraph()
        let sum = graph.node("Add", [graph.input([64]), graph.constant([1], [Float(1)])], [64])
        let rectified = graph.node("ReLU", [sum], [64])
        graph.output(graph.node("Reshape", [rectified, graph.integers([8, 8])], [8, 8]))
        let backend = try TestDevice.backend()
        let context = try backend.compile(graph.view, properties: ["PERF_COUNT": "YES"]).makeContext()
        #expect(context.profile.isEmpty)
        _ = try context.run([[Float](repeating: 1, count: 64)], of: graph.view, on: backend)
        let rows = context.profile
        #expect(rows.map(\.nodeName) == ["Add_0", "ReLU_1", "Reshape_2"])
        #expect(rows.map(\.opType) == ["Add", "ReLU", "Reshape"])
        #expect(rows.map(\.status) == [.executed, .optimizedOut, .optimizedOut])
        #expect(rows[0].execType == "binary_broadcast")
        #expect(rows[0].realMicroseconds >= 0)

        let silent = try backend.compile(graph.view, properties: [:]).makeContext()
        _ = try silent.run([[Float](repeating: 1, count: 64)], of: graph.view, on: backend)
        #expect(silent.profile.isEmpty)
    }

    @Test("Properties tell about the device and accept only what is valid")
    func properties() throws {
        let backend = try OpenCLBackend(device: 0, host: TestHost.host)
        let devices = try OpenCLBackend.probe()
        func value(_ name: String) -> String? { backend.properties.first { $0.name == name }?.value }
        #expect(value("FULL_DEVICE_NAME") == devices[0].fullName)
        #expect(value("DEVICE_ARCHITECTURE") == devices[0].architecture)
        #expect(value("OPTIMIZATION_CAPABILITIES") == "FP32")
        let listed = value("SUPPORTED_PROPERTIES")?.split(separator: " ").map(String.init)
        #expect(listed == backend.properties.map(\.name))
        try backend.setProperty("PERF_COUNT", to: "YES")
        #expect(value("PERF_COUNT") == "YES")
        for (name, given) in [("PERF_COUNT", "MAYBE"), ("FULL_DEVICE_NAME", "x"), ("NO_SUCH", "1")] {
            let error = #expect(throws: VireoError.self) { try backend.setProperty(name, to: given) }
            #expect(error?.code == .invalidArgument)
        }
        #expect(throws: VireoError.self) { try OpenCLBackend(device: devices.count, host: TestHost.host) }
    }

    @Test("A refusal says what has no kernel")
    func refusals() throws {
        let graph = TestGraph()
        let x = graph.input([1, 2, 4, 4])
        let bytes = graph.input([1, 2, 4, 4], .u8)
        graph.node("TopK", [x], [1])
        graph.node("ReLU", [bytes], [1, 2, 4, 4])
        graph.node("ReLU", [graph.dynamicValue()], [1, 2])
        graph.node("Transpose", [x, graph.value([4], .i64)], [1, 2, 4, 4])
        graph.node(
            "Pad", [x, graph.integers([0, 0, 0, 0]), graph.integers([0, 0, 0, 0])], [1, 2, 4, 4],
            [
                "pad_mode": .string("reflect")
            ])
        graph.node("Concat", [x, x], [1, 5, 4, 4], ["axis": .integers([1])])
        let convolution = ConvolutionCase(extent: [4, 4]).attributes
        graph.node("Convolution", [x, graph.input([2, 2, 3, 3])], [1, 2, 2, 2], convolution)
        graph.node("ReLU", [x], [1, 2, 4, 4])
        let reasons = try TestDevice.backend().support(for: graph.view).map { verdict in
            if case .no(let reason) = verdict { reason } else { "yes" }
        }
        let expected = [
            "no OpenCL kernel for TopK", "a tensor is u8", "not static", "must be a constant", "reflect",
            "[1, 4, 4, 4] follows", "weights are not constant", "yes",
        ]
        for (reason, part) in zip(reasons, expected) { #expect(reason.contains(part)) }
    }
}

/// Lets tasks share a value that they only read.
struct UncheckedTransfer<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
