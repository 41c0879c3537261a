import OneDNNBackend
import Synchronization
import Testing
import VireoPluginKit
import VireoPluginTestSupport
import VireoTensor

@Suite("Execution", .serialized)
struct ExecutionTests {
    /// A small network with every kind of memory: fused and unfused steps, views, a reorder.
    private func network() -> (GraphBuilder, Int, Naive.DoubleTensor) {
        let builder = GraphBuilder()
        let source = builder.input4([1, 16, 8, 8])
        let geometry = Naive.Geometry(kernel: [3, 3], begin: [1, 1], end: [1, 1])
        let stem = builder.convolution(source.0, source.1, outputs: 24, geometry)
        let sum = builder.add(builder.convolution(stem.0, stem.1, outputs: 24, .init()), stem)
        let scaled = builder.bias(sum.0, sum.1, "Multiply")
        let transposed = Naive.transpose(scaled.1, [0, 2, 3, 1])
        let nhwc = builder.node(
            "Transpose", [scaled.0, builder.integers([0, 2, 3, 1])], to: transposed.shape)
        let flat = builder.node("Reshape", [nhwc, builder.integers([64, 24])], to: [64, 24])
        return (builder, flat, .init([64, 24], transposed.elements))
    }

    @Test("contexts of one executable run at the same time")
    func concurrentContexts() async throws {
        let (builder, output, expected) = network()
        let run = try Run(builder.graph([output]))
        let feeds = builder.feeds
        try await withThrowingTaskGroup(of: [Float].self) { group in
            let executable = run.executable
            for _ in 0..<4 {
                group.addTask {
                    let context = try executable.makeContext()
                    let input = try HostBuffer(.f32, [1, 16, 8, 8], host: TestHost.host)
                    feeds[0].withUnsafeBytes {
                        input.memory.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
                    }
                    var outputs: [DeviceBuffer?] = [nil]
                    for _ in 0..<20 { try context.execute(inputs: [input], outputs: &outputs) }
                    var result = [Float](repeating: 0, count: 64 * 24)
                    try result.withUnsafeMutableBytes { try outputs[0]!.read(into: $0.baseAddress!) }
                    return result
                }
            }
            for try await result in group { expectClose(result, expected, tolerance: 4e-6) }
        }
        withExtendedLifetime(builder) {}
    }

    @Test("the number of threads does not change what is computed", arguments: [1, 2, 3])
    func threads(_ count: Int) throws {
        let (builder, output, expected) = network()
        let run = try Run(builder.graph([output]), properties: ["INFERENCE_NUM_THREADS": "\(count)"])
        expectClose(try run(builder.feeds)[0], expected, tolerance: 4e-6)
    }

    @Test("results go to the buffers that are given, also when they change from run to run")
    func givenOutputs() throws {
        let (builder, output, expected) = network()
        let run = try Run(builder.graph([output]))
        let input = try HostBuffer(.f32, [1, 16, 8, 8], host: TestHost.host)
        builder.feeds[0].withUnsafeBytes { input.memory.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        for _ in 0..<3 {
            let given = try HostBuffer(.f32, [64, 24], host: TestHost.host)
            var outputs: [DeviceBuffer?] = [given]
            try run.context.execute(inputs: [input], outputs: &outputs)
            #expect(outputs[0] === given)
            let result = UnsafeBufferPointer(start: given.memory.assumingMemoryBound(to: Float.self), count: 64 * 24)
            expectClose(Array(result), expected, tolerance: 4e-6)
        }
    }

    @Test("buffers that do not fit the graph are refused with their shapes")
    func wrongBuffers() throws {
        let (builder, output, _) = network()
        let run = try Run(builder.graph([output]))
        let right = try HostBuffer(.f32, [1, 16, 8, 8], host: TestHost.host)
        func message(_ inputs: [DeviceBuffer], _ outputs: [DeviceBuffer?] = [nil]) -> String {
            var outputs = outputs
            do {
                try run.context.execute(inputs: inputs, outputs: &outputs)
                return "accepted"
            } catch let error as VireoError where error.code == .invalidArgument {
                return error.message
            } catch {
                return "\(error)"
            }
        }
        #expect(message([]) == "0 inputs and 1 outputs for a graph that has 1 and 1")
        #expect(message([right, right]) == "2 inputs and 1 outputs for a graph that has 1 and 1")
        #expect(message([right], []) == "1 inputs and 0 outputs for a graph that has 1 and 1")
        let small = try HostBuffer(.f32, [1, 16, 8, 7], host: TestHost.host)
        #expect(message([small]) == "input 0 is f32[1,16,8,7], and the graph has f32[1,16,8,8]")
        let bytes = try HostBuffer(.i32, [1, 16, 8, 8], host: TestHost.host)
        #expect(message([bytes]) == "input 0 is i32[1,16,8,8], and the graph has f32[1,16,8,8]")
        #expect(message([right], [small]) == "output 0 is f32[1,16,8,7], and the graph has f32[64,24]")
        let foreign = try DeviceBuffer(.f32, [1, 16, 8, 8])
        #expect(message([foreign]) == "input 0 is not in the host's memory")
    }

    @Test("a host without memory is an error at any allocation, and nothing leaks")
    func outOfMemory() throws {
        let (builder, output, expected) = network()
        let graph = builder.graph([output])
        let before = TestHost.lent.load(ordering: .relaxed)
        var failures = 0
        for budget in 0..<1000 {
            TestHost.budget.withLock { $0 = budget }
            do {
                let backend = try OneDNNBackend(device: 0, host: TestHost.frugal)
                let context = try backend.compile(graph, properties: [:]).makeContext()
                let input = try HostBuffer(.f32, [1, 16, 8, 8], host: TestHost.frugal)
                builder.feeds[0].withUnsafeBytes {
                    input.memory.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
                }
                var outputs: [DeviceBuffer?] = [nil]
                try context.execute(inputs: [input], outputs: &outputs)
                var result = [Float](repeating: 0, count: 64 * 24)
                try result.withUnsafeMutableBytes { try outputs[0]!.read(into: $0.baseAddress!) }
                expectClose(result, expected, tolerance: 4e-6)
                break
            } catch let error as VireoError {
                #expect(error.code == .outOfMemory)
                failures += 1
            }
        }
        #expect(failures >= 5)
        #expect(TestHost.lent.load(ordering: .relaxed) == before)
    }

    @Test("a profile names each kernel that ran, and is empty unless asked for")
    func profile() throws {
        let (builder, output, _) = network()
        let silent = try Run(builder.graph([output]))
        _ = try silent(builder.feeds)
        #expect(silent.context.profile.isEmpty)
        let run = try Run(builder.graph([output]), properties: ["PERF_COUNT": "YES"])
        _ = try run(builder.feeds)
        let rows = run.context.profile
        #expect(run.executed.count { $0.opType == "Convolution" } == 2)
        #expect(run.executed.allSatisfy { !$0.execType.isEmpty && $0.realMicroseconds >= 0 })
        let names = Set(rows.filter { $0.opType != "Reorder" }.map(\.nodeName))
        #expect(names.count == builder.graph([output]).nodes.count)
    }
}
