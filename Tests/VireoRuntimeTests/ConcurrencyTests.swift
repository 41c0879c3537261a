import Synchronization
import Testing
import VireoIR
import VireoRuntime
import VireoTensor
import VireoTestSupport

/// Many tasks on one compiled model. `make sanitize` runs these under the thread and the address sanitizer.
@Suite struct ConcurrencyTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static func input(_ number: Int) -> Tensor { Tensor([Float](repeating: Float(number), count: 4)) }
    private static func output(_ number: Int) -> Tensor { Tensor((1...4).map { Float(number + $0) - 0.5 }) }

    @Test(arguments: ["EXAMPLE", "MULTI:EXAMPLE,OTHER", "AUTO:OTHER,EXAMPLE", "HETERO:PARTIAL,EXAMPLE"])
    func `64 tasks that share one compiled model get the answers that one gets`(device: String) async throws {
        let other = try folder.copy(.flaky, as: "libOTHER.so")
        let partial = try folder.variant(of: .example, named: "PARTIAL", without: ["ReLU"], as: "libpartial.so")
        let core = try Core(searchPaths: [Fixture.example.path, other, partial])
        let compiled = try core.compile(.sample(), device: device, properties: ["NUM_STREAMS": "4"])
        try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<64 {
                group.addTask {
                    var right = 0
                    for step in 0..<25 {
                        let number = task * 25 + step
                        let outputs = try await compiled.run([ConcurrencyTests.input(number)])
                        right += outputs == [ConcurrencyTests.output(number)] ? 1 : 0
                    }
                    return right
                }
            }
            let right = try await group.reduce(0, +)
            #expect(right == 64 * 25)
        }
    }

    @Test func `1000 requests of which some are cancelled at random all end, and leave nothing behind`() async throws {
        let path = try folder.copy(.flaky, as: "libSLOW-x1.so")
        let host = try PluginLoader.load(path).host
        let compiled = try Core(searchPaths: [path]).compile(.sample(), device: "SLOW")
        let pool = try RequestPool(compiled, requestCount: 4)
        // So many at a time that every request has run and keeps its buffers.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 { group.addTask { _ = try await pool.run([sampleInput]) } }
            try await group.waitForAll()
        }
        let live = host.liveAllocationCount
        var random = PartitionerTests.SplitMix(state: 5)
        let delays = (0..<1000).map { _ in Int.random(in: 0..<400_000, using: &random) }
        let cancelled = try await withThrowingTaskGroup(of: Bool.self) { group in
            for (number, delay) in delays.enumerated() {
                group.addTask {
                    let run = Task { try await pool.run([ConcurrencyTests.input(number)]) }
                    if number % 3 != 0 {
                        try await Task.sleep(for: .microseconds(delay))
                        run.cancel()
                    }
                    do {
                        #expect(try await run.value == [ConcurrencyTests.output(number)])
                        return false
                    } catch let error as VireoError where error.code == .cancelled {
                        return true
                    }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(cancelled > 0 && cancelled < 700)
        #expect(pool.waitingCount == 0)
        #expect(try await pool.run([sampleInput]) == [sampleOutput])
        #expect(host.liveAllocationCount == live && host.liveStatusCount == 0)
    }

    @Test func `requests that are dropped while they run end in peace`() async throws {
        let path = try folder.copy(.flaky, as: "libSLOW-x1.so")
        let host = try PluginLoader.load(path).host
        let finished = Atomic(0)
        do {
            let compiled = try Core(searchPaths: [path]).compile(.sample(), device: "SLOW")
            for _ in 0..<20 {
                try compiled.makeRequest().start([sampleInput]) { _ in finished.add(1, ordering: .relaxed) }
            }
        }
        while finished.load(ordering: .relaxed) < 20 || host.liveAllocationCount > 0 { await Task.yield() }
        #expect(host.liveStatusCount == 0)
    }
}
