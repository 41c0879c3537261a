import Testing
import VireoIR
import VireoRuntime
import VireoTensor
import VireoTestSupport

@Suite struct AllocationFailureTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Finds the plugin, compiles, runs twice.
    private func useEverything(_ path: String) throws {
        let core = try Core(searchPaths: [path])
        if case .refused(let reason) = core.plugins[0].outcome { throw VireoError(.outOfMemory, reason) }
        _ = try core.properties(of: "EXAMPLE")
        let request = try core.compile(.sample(), device: "EXAMPLE", properties: ["PERF_COUNT": "YES"]).makeRequest()
        for _ in 0..<2 { #expect(try request.run([sampleInput]) == [sampleOutput]) }
        #expect(try request.profile.count == 3)
    }

    @Test(arguments: [false, true])
    func `any allocation may fail: the error says so, and nothing is left behind`(allLaterOnesToo: Bool) throws {
        let path = try folder.copy(.example, as: "libvireo_example.so")
        let host = try PluginLoader.load(path).host
        var index = 0
        while true {
            host.setAllocationPolicy(allLaterOnesToo ? .failFrom(index) : .failOnly(index))
            var failure: VireoError?
            do { try useEverything(path) } catch let error as VireoError { failure = error }
            let wasReached = host.attemptCount > index
            host.setAllocationPolicy(.succeed)
            #expect(host.liveAllocationCount == 0 && host.liveStatusCount == 0)
            guard wasReached else {
                #expect(failure == nil)
                break
            }
            #expect(failure?.code == .outOfMemory)
            index += 1
        }
        #expect(index > 20)
        try useEverything(path)
    }

    @Test func `a request still works after a run that found no memory`() throws {
        let path = try folder.copy(.example, as: "libvireo_example.so")
        let host = try PluginLoader.load(path).host
        let request = try Core(searchPaths: [path]).compile(.sample(), device: "EXAMPLE").makeRequest()
        host.setAllocationPolicy(.failFrom(0))
        let error = #expect(throws: VireoError.self) { try request.run([sampleInput]) }
        #expect(error?.code == .outOfMemory)
        host.setAllocationPolicy(.succeed)
        #expect(try request.run([sampleInput]) == [sampleOutput])
    }

    @Test func `from the second run on the number of allocations is small and the same`() throws {
        let path = try folder.copy(.example, as: "libvireo_example.so")
        let host = try PluginLoader.load(path).host
        let request = try Core(searchPaths: [path]).compile(.sample(), device: "EXAMPLE").makeRequest()
        _ = try request.run([sampleInput])
        let live = host.liveAllocationCount
        for _ in 0..<5 {
            host.setAllocationPolicy(.succeed)
            _ = try request.run([sampleInput])
            // A buffer for the input and the list of outputs that it makes.
            #expect(host.attemptCount == 2 && host.liveAllocationCount == live)
        }
    }
}
