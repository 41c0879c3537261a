import Synchronization
import Testing
import VireoIR
import VireoRuntime
import VireoTensor
import VireoTestSupport

/// MULTI, AUTO and BATCH over devices that are slow or fail.
@Suite struct VirtualDeviceTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// - Parameter files: names of the flaky fixture, which say what is wrong with each device.
    private func core(_ files: String...) throws -> Core {
        try Core(searchPaths: try files.map { try folder.copy(.flaky, as: "lib\($0).so") })
    }

    /// Runs many requests at a time, each with numbers of its own, and counts the right answers.
    private func rightAnswers(_ compiled: CompiledModel, requests: Int, atATime: Int) async throws -> Int {
        let pool = try RequestPool(compiled, requestCount: atATime)
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<requests {
                group.addTask {
                    let input = Tensor([Float](repeating: Float(number), count: 4))
                    return try await pool.run([input]) == [Tensor((1...4).map { Float(number + $0) - 0.5 })]
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    // MARK: MULTI

    @Test func `MULTI spreads requests over its devices`() async throws {
        let core = try core("LEFT-x2", "RIGHT-x2")
        let compiled = try core.compile(.sample(), device: "MULTI:LEFT,RIGHT")
        #expect(compiled.optimalRequestCount == 2 && compiled.devices.map(\.name) == ["LEFT", "RIGHT"])
        let trace = Trace()
        let pool = try RequestPool(compiled, trace: trace)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 { group.addTask { _ = try await pool.run([sampleInput]) } }
            try await group.waitForAll()
        }
        let runs = trace.events.filter { $0.category == "device" }
        #expect(runs.count == 40)
        for name in ["LEFT", "RIGHT"] { #expect(runs.count { $0.name == "run on \(name)" } >= 5) }
        #expect(Set(runs.map(\.lane)) == [0, 1])
    }

    @Test func `a device that fails in the middle of MULTI loses no request`() async throws {
        let core = try core("LEFT-f20", "RIGHT")
        let compiled = try core.compile(.sample(), device: "MULTI:LEFT,RIGHT")
        #expect(try await rightAnswers(compiled, requests: 500, atATime: 8) == 500)
    }

    @Test func `when every device has failed the error names each with its reason`() throws {
        let core = try core("LEFT-f1", "RIGHT-f0")
        let request = try core.compile(.sample(), device: "MULTI:LEFT,RIGHT").makeRequest()
        _ = try request.run([sampleInput])
        let error = #expect(throws: VireoError.self) { try request.run([sampleInput]) }
        #expect(error?.code == .unavailable && error?.message == "every device of MULTI:LEFT,RIGHT has failed")
        #expect(error?.context.count == 2)
        for line in error?.context ?? [] { #expect(line.contains("the device was removed")) }
    }

    @Test func `what the caller does wrong makes no device fail`() throws {
        let request = try core("LEFT").compile(.sample(), device: "MULTI:LEFT").makeRequest()
        #expect(throws: VireoError.self) { try request.run([Tensor(zeros: .f32, [9])]) }
        #expect(try request.run([sampleInput]) == [sampleOutput])
    }

    // MARK: AUTO

    @Test func `AUTO answers on the device that is ready first and moves to the best`() throws {
        let core = try core("BEST-c400", "QUICK")
        let compiled = try core.compile(.sample(), device: "AUTO:BEST,QUICK")
        let request = try compiled.makeRequest()
        #expect(compiled.devices.map(\.name) == ["QUICK"])
        #expect(try request.run([sampleInput]) == [sampleOutput])
        var runs = 0
        while compiled.devices.map(\.name) != ["BEST"] {
            #expect(try request.run([sampleInput]) == [sampleOutput])
            runs += 1
        }
        #expect(runs > 0)
        #expect(try request.run([sampleInput]) == [sampleOutput])
        #expect(compiled.placement.nodes.map(\.device) == ["BEST", "BEST", "BEST"])
    }

    @Test func `a device that fails in the middle of AUTO loses no request`() async throws {
        let core = try core("BEST-f30", "SPARE-c50")
        let compiled = try core.compile(.sample(), device: "AUTO:BEST,SPARE")
        #expect(try await rightAnswers(compiled, requests: 500, atATime: 8) == 500)
        #expect(compiled.devices.map(\.name) == ["SPARE"])
    }

    @Test func `AUTO waits for a device that still compiles when the only one that is ready fails`() throws {
        let core = try core("SLOW-c300", "QUICK-f0")
        let request = try core.compile(.sample(), device: "AUTO:SLOW,QUICK").makeRequest()
        #expect(try request.run([sampleInput]) == [sampleOutput])
    }

    @Test func `a device that cannot compile is passed over, and AUTO is an error when none can`() throws {
        let faulty = try folder.copy(.faulty, as: "libtakes_all.so")
        let core = try Core(searchPaths: [faulty, Fixture.example.path])
        let compiled = try core.compile(.sample(), device: "AUTO:FAULTY,EXAMPLE")
        #expect(try compiled.makeRequest().run([sampleInput]) == [sampleOutput])
        let error = #expect(throws: VireoError.self) { try core.compile(.sample(), device: "AUTO:FAULTY") }
        #expect(error?.context.contains { $0.contains("FAULTY does nothing") } == true)
    }

    @Test func `AUTO without a list uses the devices of the machine`() throws {
        let compiled = try core("ONLY").compile(.sample(), device: "AUTO")
        #expect(compiled.devices.map(\.name) == ["ONLY"])
        #expect(throws: VireoError.self) { try Core(searchPaths: []).compile(.sample(), device: "AUTO") }
    }

    @Test func `AUTO with the hint for cumulative throughput uses all devices`() throws {
        let compiled = try core("LEFT", "RIGHT").compile(
            .sample(), device: "AUTO:LEFT,RIGHT", properties: ["PERFORMANCE_HINT": "CUMULATIVE_THROUGHPUT"])
        #expect(compiled.devices.map(\.name) == ["LEFT", "RIGHT"])
    }

    // MARK: BATCH

    /// `data` [1,3] -> ReLU.
    private func row() throws -> Model {
        var model = Model(name: "row")
        let data = Output(try model.add(Parameter(.f32, PartialShape([1, 3])), name: "data"))
        try model.add(Result(), [Output(try model.add(UnaryElementwise(.relu), [data], name: "relu"))], name: "result")
        return model
    }

    @Test func `BATCH gathers requests and gives each its own part`() async throws {
        let compiled = try core("A-x5").compile(
            row(), device: "BATCH:A(4)", properties: ["AUTO_BATCH_TIMEOUT": "60000"])
        #expect(compiled.optimalRequestCount == 4 && compiled.inputs[0].shape.shape == [1, 3])
        let trace = Trace()
        let pool = try RequestPool(compiled, trace: trace)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let input = Tensor([-1, Float(number), 2] as [Float], [1, 3])
                    return try await pool.run([input]) == [Tensor([0, Float(number), 2], [1, 3])]
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        // With a timeout of a minute nobody ran alone.
        #expect(compiled.placement.nodes.map(\.device) == ["A"])
    }

    @Test func `a request that finds no company runs alone after the timeout`() throws {
        let compiled = try core("A").compile(row(), device: "BATCH:A(4)", properties: ["AUTO_BATCH_TIMEOUT": "1"])
        let request = try compiled.makeRequest()
        for _ in 0..<3 {
            #expect(
                try request.run([Tensor([-1, 1, 2] as [Float], [1, 3])]) == [Tensor([0, 1, 2] as [Float], [1, 3])])
        }
    }

    @Test func `a request that is cancelled while it waits for company ends at once`() async throws {
        let compiled = try core("A").compile(row(), device: "BATCH:A(2)", properties: ["AUTO_BATCH_TIMEOUT": "600000"])
        let request = try compiled.makeRequest()
        let task = Task { try await request.run([Tensor(zeros: .f32, [1, 3])]) }
        try await Task.sleep(for: .milliseconds(20))
        task.cancel()
        await #expect(throws: VireoError.self) { try await task.value }
    }

    @Test func `a batch that fails is an error for everyone in it`() async throws {
        let compiled = try core("A-f0").compile(
            row(), device: "BATCH:A(2)", properties: ["AUTO_BATCH_TIMEOUT": "60000"])
        let pool = try RequestPool(compiled)
        let input = try Tensor(zeros: .f32, [1, 3])
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    do { return try await pool.run([input]).isEmpty } catch { return true }
                }
            }
            for await hasFailed in group { #expect(hasFailed) }
        }
    }

    @Test func `a model without a batch is refused by name`() throws {
        var model = Model(name: "scalar")
        let data = Output(try model.add(Parameter(.f32, PartialShape([])), name: "data"))
        try model.add(Result(), [Output(try model.add(UnaryElementwise(.relu), [data], name: "relu"))], name: "result")
        let error = #expect(throws: VireoError.self) { try core("A").compile(model, device: "BATCH:A(2)") }
        #expect(error?.code == .unsupported && error?.message.contains("\"data\"") == true)
    }

    // MARK: Nesting

    @Test func `virtual devices hold each other`() async throws {
        let core = try core("A-f40", "B", "C")
        let compiled = try core.compile(.sample(), device: "AUTO:(MULTI:A,(HETERO:B,C)),C")
        #expect(try await rightAnswers(compiled, requests: 200, atATime: 4) == 200)
    }
}
