import Foundation
import Synchronization
import Testing
import VireoIR
import VireoRuntime
import VireoTensor
import VireoTestSupport

/// Asynchronous runs, cancellation, output tensors that are used again, and pools.
@Suite struct RequestTests {
    let core: Core

    init() throws { core = try Core(searchPaths: [Fixture.example.path]) }

    @Test func `a request runs asynchronously, by order and by name`() async throws {
        let request = try core.compile(.sample(), device: "EXAMPLE").makeRequest()
        #expect(try await request.run([sampleInput]) == [sampleOutput])
        #expect(try await request.run(["data:0": sampleInput]) == ["shrunk": sampleOutput])
        await #expect(throws: VireoError.self) { try await request.run([sampleInput, sampleInput]) }
        #expect(try await request.run([sampleInput]) == [sampleOutput])
    }

    @Test func `a completion is called once, and the request can be used again in it`() async throws {
        let request = try core.compile(.sample(), device: "EXAMPLE").makeRequest()
        let outputs = try await withCheckedThrowingContinuation { continuation in
            request.start([sampleInput]) { first in
                request.start([Tensor([9, 9, 9, 9] as [Float])]) { second in
                    continuation.resume(with: Swift.Result { try first.get() + second.get() })
                }
            }
        }
        #expect(outputs == [sampleOutput, Tensor([9.5, 10.5, 11.5, 12.5] as [Float])])
    }

    @Test func `outputs are written into the tensors of the last run`() throws {
        let request = try core.compile(.sample(), device: "EXAMPLE").makeRequest()
        var outputs: [Tensor] = []
        try request.run([sampleInput], into: &outputs)
        let address = outputs[0].withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        try request.run([Tensor([9, 9, 9, 9] as [Float])], into: &outputs)
        #expect(outputs == [Tensor([9.5, 10.5, 11.5, 12.5] as [Float])])
        #expect(outputs[0].withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } == address)
        // A tensor that somebody else holds keeps its numbers.
        let held = outputs[0]
        try request.run([sampleInput], into: &outputs)
        #expect(outputs == [sampleOutput] && held != sampleOutput)
        // Tensors of another shape are replaced.
        outputs = [try Tensor(zeros: .f32, [7])]
        try request.run([sampleInput], into: &outputs)
        #expect(outputs == [sampleOutput])
    }

    @Test func `a run that was called off before it began is not run`() async throws {
        let request = try core.compile(.sample(), device: "EXAMPLE").makeRequest()
        let cancellation = Cancellation()
        cancellation.cancel()
        var outputs: [Tensor] = []
        let error = #expect(throws: VireoError.self) {
            try request.run([sampleInput], into: &outputs, cancellation: cancellation)
        }
        #expect(error?.code == .cancelled && outputs.isEmpty)
        let task = Task { try await request.run([sampleInput]) }
        task.cancel()
        do { #expect(try await task.value == [sampleOutput]) } catch let error as VireoError {
            #expect(error.code == .cancelled)
        }
        #expect(try await request.run([sampleInput]) == [sampleOutput])
    }

    @Test func `a run of REFERENCE that is called off ends between two nodes`() async throws {
        var model = Model(name: "long")
        var value = Output(try model.add(Parameter(.f32, PartialShape([1 << 16])), name: "data"))
        for step in 0..<4000 { value = Output(try model.add(UnaryElementwise(.relu), [value], name: "relu\(step)")) }
        try model.add(Result(), [value], name: "result")
        let compiled = try Core().compile(model, device: "REFERENCE", properties: ["PERF_COUNT": "YES"])
        let request = try compiled.makeRequest()
        let cancellation = Cancellation()
        let input = try Tensor(zeros: .f32, [1 << 16])
        let result = await withCheckedContinuation { continuation in
            request.start([input], cancellation: cancellation) { continuation.resume(returning: $0) }
            cancellation.cancel()
        }
        #expect(throws: VireoError.self) { try result.get() }
        #expect(try request.profile.count < 4000)
        #expect(try await request.run([input]).count == 1)
        #expect(try request.profile.count == 4000)
    }

    // MARK: Pools

    /// A loop of 2^40 iterations ends in this century only because it is called off.
    @Test(.timeLimit(.minutes(5))) func `a loop of REFERENCE that is called off ends between two operations`()
        async throws
    {
        var inner = Model(name: "body")
        let state = Output(try inner.add(Parameter(.f32, PartialShape([4])), name: "state"))
        try inner.add(Result(), [Output(try inner.add(UnaryElementwise(.relu), [state], name: "relu"))], name: "next")
        let body = Body(
            inner, inputs: [.init(2, to: 0)], outputs: [.init(0, to: 0)], backEdges: [.init(from: 0, to: 0)])
        var model = Model(name: "loop")
        let inputs = try [("count", ElementType.i64, [] as Shape), ("condition", .boolean, []), ("data", .f32, [4])].map
        {
            Output(try model.add(Parameter($0.1, PartialShape($0.2)), name: $0.0))
        }
        try model.add(Result(), [Output(try model.add(Loop(body), inputs, name: "loop"))], name: "result")
        let request = try Core().compile(model, device: "REFERENCE").makeRequest()
        var condition = try Tensor(zeros: .boolean, [])
        condition.withUnsafeMutableBytes { $0[0] = 1 }
        #expect(
            try await request.run([Tensor([3 as Int64], []), condition, sampleInput]) == [
                Tensor([0, 0, 1, 2] as [Float])
            ])

        let cancellation = Cancellation()
        let tensors = [Tensor([Int64(1) << 40], []), condition, sampleInput]
        let result = await withCheckedContinuation { continuation in
            request.start(tensors, cancellation: cancellation) { continuation.resume(returning: $0) }
            // The loop is under way, or is not begun at all.
            Thread.sleep(forTimeInterval: 0.1)
            cancellation.cancel()
        }
        let error = #expect(throws: VireoError.self) { try result.get() }
        #expect(error?.code == .cancelled)
        #expect(
            try await request.run([Tensor([3 as Int64], []), condition, sampleInput]) == [
                Tensor([0, 0, 1, 2] as [Float])
            ])
    }

    @Test func `a pool has as many requests as it is told, and runs blocking too`() throws {
        let compiled = try core.compile(.sample(), device: "EXAMPLE", properties: ["NUM_STREAMS": "3"])
        #expect(try RequestPool(compiled).requestCount == 3)
        let pool = try RequestPool(compiled, requestCount: 2)
        #expect(pool.requestCount == 2 && pool.waitingCount == 0)
        #expect(try pool.run([sampleInput]) == [sampleOutput])
        #expect(throws: VireoError.self) { try pool.run([Tensor(zeros: .f32, [9])]) }
        #expect(throws: VireoError.self) { try RequestPool(compiled, requestCount: 0) }
    }

    @Test func `a run that waits in a pool and is cancelled ends at once`() async throws {
        let folder = try TemporaryFolder()
        let core = try Core(searchPaths: [try folder.copy(.flaky, as: "libSLOW-x300.so")])
        let pool = try RequestPool(core.compile(.sample(), device: "SLOW"), requestCount: 1)
        let first = Task { try await pool.run([sampleInput]) }
        while pool.waitingCount > 0 { await Task.yield() }
        let cancellation = Cancellation()
        let result = await withCheckedContinuation { continuation in
            pool.start([sampleInput]) { _ in }
            pool.start([sampleInput], cancellation: cancellation) { continuation.resume(returning: $0) }
            cancellation.cancel()
        }
        let error = #expect(throws: VireoError.self) { try result.get() }
        #expect(error?.code == .cancelled)
        #expect(try await first.value == [sampleOutput])
    }

    /// The device's log is called on the thread of the run, in the moment in which the plugin has not yet looked whether it was
    /// called off.
    @Test func `a cancellation that comes before a device has begun is not lost`() throws {
        let folder = try TemporaryFolder()
        let cancellation = Mutex<Cancellation?>(nil)
        let core = try Core(searchPaths: [try folder.copy(.flaky, as: "libLATE-l.so")]) { _, _, message in
            if message == "an execute has begun" { cancellation.withLock { $0 }?.cancel() }
        }
        let request = try core.compile(.sample(), device: "LATE").makeRequest()
        for _ in 0..<2 {
            let own = Cancellation()
            cancellation.withLock { $0 = own }
            var outputs: [Tensor] = []
            let error = #expect(throws: VireoError.self) {
                try request.run([sampleInput], into: &outputs, cancellation: own)
            }
            #expect(error?.code == .cancelled && error?.message == "the device was called off")
            cancellation.withLock { $0 = nil }
            #expect(try request.run([sampleInput]) == [sampleOutput])
        }
    }
}
