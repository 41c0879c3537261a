import OpenBLASBackend
import Testing
import VireoPluginKit
import VireoPluginTestSupport
import VireoTensor

@Suite struct BackendTests {
    @Test("the backend describes the processor and its settings")
    func properties() throws {
        #expect(try OpenBLASBackend.probe().count == 1)
        let backend = try OpenBLASBackend(device: 0, host: TestHost.host)
        let properties = Dictionary(uniqueKeysWithValues: backend.properties.map { ($0.name, $0) })
        #expect(properties["OPTIMIZATION_CAPABILITIES"]?.value == "FP32")
        #expect(properties["SUPPORTED_PROPERTIES"]?.value.split(separator: " ").count == properties.count)
        try backend.setProperty("PERF_COUNT", to: "YES")
        #expect(backend.properties.first { $0.name == "PERF_COUNT" }?.value == "YES")
        #expect(throws: VireoError.self) { try backend.setProperty("PERF_COUNT", to: "MAYBE") }
        #expect(throws: VireoError.self) { try backend.setProperty("FULL_DEVICE_NAME", to: "x") }
        #expect(throws: VireoError.self) { try OpenBLASBackend(device: 1, host: TestHost.host) }
    }

    @Test(
        "processors with AVX-512 get the kernels that use it",
        .enabled(if: HostProcessor.has("avx512f") && HostProcessor.has("avx512bw"), "needs AVX-512"))
    func kernels() throws {
        #expect(try OpenBLASBackend.probe()[0].architecture.hasSuffix("(OpenBLAS SkylakeX)"))
    }

    @Test("a machine without the library is told its name")
    func missingLibrary() {
        for (name, text) in [
            ("libnotthere.so.0", "cannot load libnotthere.so.0"), ("libm.so.6", "no function cblas_sgemm"),
        ] {
            let error = #expect(throws: VireoError.self) { try OpenBLASLibrary(fileName: name) }
            #expect(error?.code == .unavailable && error?.message.contains(text) == true)
        }
    }

    private func reason(_ build: (GraphBuilder) -> [Int]) throws -> String {
        let builder = GraphBuilder()
        let graph = builder.graph(outputs: build(builder))
        let backend = try OpenBLASBackend(device: 0, host: TestHost.host)
        guard case .no(let reason)? = backend.support(for: graph).last else {
            Issue.record("the node was taken")
            return ""
        }
        #expect(throws: VireoError.self) { try backend.compile(graph, properties: [:]) }
        return reason
    }

    @Test("what the backend does not take, it refuses with the reason")
    func refusals() throws {
        #expect(try reason { [$0.node("Gather", [$0.input([1], [1])], to: [1])] }.contains("Gather is not implemented"))
        #expect(
            try reason { builder in
                let value = builder.add(.i32, [4])
                return [builder.node("ReLU", [value], to: [4])]
            }.contains("input 0 is i32"))
        #expect(
            try reason { builder in
                let value = builder.add(ValueView(elementType: .f32, shape: .ranked([.dynamic, 3])))
                return [builder.node("ReLU", [value], to: [1, 3])]
            }.contains("dynamic shape [?,3]"))
        #expect(
            try reason { builder in
                let (data, bias) = (builder.input(noise(6, seed: 1), [2, 3]), builder.constant(noise(2, seed: 1), [2]))
                return [builder.node("Add", [data, bias], to: [2, 3], ["auto_broadcast": .string("pdpd")])]
            }.contains("auto_broadcast \"pdpd\""))
        #expect(
            try reason { builder in
                let target = builder.add(.i64, [2])
                return [builder.node("Reshape", [builder.input(noise(4, seed: 1), [4]), target], to: [2, 2])]
            }.contains("target shape of Reshape must be a constant"))
        #expect(
            try reason { builder in
                builder.node(
                    "MaxPool", [builder.input(noise(16, seed: 1), [1, 1, 4, 4])], to: [[1, 1, 2, 2], [1, 1, 2, 2]],
                    [
                        "kernel": .integers([2, 2]), "strides": .integers([2, 2]), "pads_begin": .integers([0, 0]),
                        "pads_end": .integers([0, 0]),
                    ])
            }.contains("indices are used"))
        #expect(
            try reason { builder in
                let filter = builder.constant(noise(27, seed: 1), [1, 1, 3, 3, 3])
                let data = builder.input(noise(64, seed: 1), [1, 1, 4, 4, 4])
                return [builder.node("Convolution", [data, filter], to: [1, 1, 2, 2, 2])]
            }.contains("3 spatial axes"))
        #expect(
            try reason { builder in
                let problem = ConvolutionCase(1, 1, [4, 4], [3, 3])
                let filter = builder.constant(noise(9, seed: 1), [1, 1, 3, 3])
                let data = builder.input(noise(16, seed: 1), [1, 1, 4, 4])
                return [builder.node("Convolution", [data, filter], to: [1, 1, 3, 3], problem.attributes)]
            }.contains("not what its attributes say"))
    }

    @Test("buffers of another number, type or shape are refused")
    func buffers() throws {
        let builder = GraphBuilder()
        let output = builder.node("ReLU", [builder.input(noise(6, seed: 1), [2, 3])], to: [2, 3])
        let backend = try OpenBLASBackend(device: 0, host: TestHost.host)
        let context = try backend.compile(builder.graph(outputs: [output]), properties: [:]).makeContext()
        func expectRefusal(_ inputs: [DeviceBuffer], _ outputs: [DeviceBuffer?], _ text: String) {
            var outputs = outputs
            let error = #expect(throws: VireoError.self) { try context.execute(inputs: inputs, outputs: &outputs) }
            #expect(error?.code == .invalidArgument && error?.message.contains(text) == true)
        }
        let good = try backend.makeBuffer(.f32, [2, 3])
        expectRefusal([], [nil], "0 inputs")
        expectRefusal([good], [], "0 outputs")
        expectRefusal([try backend.makeBuffer(.i32, [2, 3])], [nil], "input 0 is i32[2,3]")
        expectRefusal([try backend.makeBuffer(.f32, [3, 2])], [nil], "input 0 is f32[3,2]")
        expectRefusal([good], [try backend.makeBuffer(.f32, [2, 4])], "output 0 is f32[2,4]")
        expectRefusal([try DeviceBuffer(.f32, [2, 3])], [nil], "not in the host's memory")
    }

    @Test("results are written into the buffers that are given")
    func givenOutputs() throws {
        let builder = GraphBuilder()
        let output = builder.node("ReLU", [builder.input([-1, 2, 3], [3])], to: [3])
        let backend = try OpenBLASBackend(device: 0, host: TestHost.host)
        let context = try backend.compile(builder.graph(outputs: [output]), properties: [:]).makeContext()
        let given = try backend.makeBuffer(.f32, [3])
        var outputs: [DeviceBuffer?] = [given]
        try context.execute(inputs: try builder.inputBuffers(), outputs: &outputs)
        #expect(outputs[0] === given)
        #expect(read(given) == [0, 2, 3])
    }

    @Test("contexts of one executable run at the same time")
    func concurrentContexts() async throws {
        let problem = ConvolutionCase(24, 32, [40, 40], [3, 3], begin: [1, 1])
        let weights = noise(32 * 24 * 9, seed: 100)
        let builder = GraphBuilder()
        let input = builder.input(noise(problem.inputDimensions, seed: 1), problem.inputDimensions)
        let graph = builder.graph(outputs: [problem.add(to: builder, input, weights)])
        let backend = try OpenBLASBackend(device: 0, host: TestHost.host)
        let executable = try backend.compile(graph, properties: ["INFERENCE_NUM_THREADS": "2"])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for seed in 1...4 {
                group.addTask {
                    let numbers = noise(problem.inputDimensions, seed: UInt64(seed))
                    let buffer = try HostBuffer(.f32, Shape(problem.inputDimensions), host: TestHost.host)
                    numbers.withUnsafeBytes {
                        buffer.memory.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
                    }
                    let context = try executable.makeContext()
                    let expected = problem.expected(numbers, weights)
                    for _ in 0..<10 {
                        var outputs: [DeviceBuffer?] = [nil]
                        try context.execute(inputs: [buffer], outputs: &outputs)
                        // Winograd's algorithm, where it was measured to be faster, loses two digits.
                        expectEqual(read(outputs[0]!), expected, tolerance: 2e-5)
                    }
                }
            }
            try await group.waitForAll()
        }
        withExtendedLifetime(builder) {}
    }

    @Test("a residual block is three kernels, and its tensors share an arena")
    func residualBlock() throws {
        let (dimensions, plane) = ([1, 4, 6, 6], 36)
        let builder = GraphBuilder()
        let numbers = noise(dimensions, seed: 1)
        let problem = ConvolutionCase(4, 4, [6, 6], [3, 3], begin: [1, 1])
        let weights = (2...4).map { noise(4 * 4 * 9, seed: $0) }
        let input = builder.input(numbers, dimensions)
        let first = builder.node("ReLU", [problem.add(to: builder, input, weights[0])], to: dimensions)
        let second = problem.add(to: builder, first, weights[1])
        let shortcut = problem.add(to: builder, input, weights[2])
        let sum = builder.node("Add", [second, shortcut], to: dimensions)
        let output = builder.node("ReLU", [sum], to: dimensions)
        let result = try builder.run(outputs: [output], profile: true)
        #expect(
            result.rows.filter { $0.status == .executed }.map(\.execType)
                == [String](repeating: "sgemm_im2col", count: 3))
        let hidden = problem.expected(numbers, weights[0]).map { Float(max(0, $0.value)) }
        let sums = zip(problem.expected(hidden, weights[1]), problem.expected(numbers, weights[2]))
        expectEqual(
            result.numbers[0],
            sums.map { Exact(value: max(0, $0.value + $1.value), magnitude: $0.magnitude + $1.magnitude) })
        #expect(result.numbers[0].count == 4 * plane)
    }
}
