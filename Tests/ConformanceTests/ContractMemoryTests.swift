import CVireoPlugin
import Testing
import VireoRuntime
import VireoTensor

@Suite struct ContractMemoryTests {
    /// Everything that a run needs, from the backend to the result.
    private func exercise(_ library: PluginLibrary) throws {
        let device = try ContractDevice(library)
        var count = 0
        try device.check(device.api.property_count(device.backend, &count))
        var verdict = vireo_verdict()
        let graph = try additionGraph()
        try device.check(device.api.query_support(device.backend, graph.handle, &verdict, 1))
        let context = try device.compile(graph).makeContext()
        for step in 0..<2 {
            let output = try context.run([device.importing([Float](repeating: Float(step), count: 4))])
            #expect(try output.floats(4) == [10, 20, 30, 40].map { $0 + Float(step) })
        }
    }

    @Test(arguments: ContractPlugin.all)
    func `when everything is destroyed no status and no memory is left`(plugin: ContractPlugin) throws {
        let library = try plugin.loadAlone()
        for _ in 0..<3 { try exercise(library) }
        #expect(library.host.liveStatusCount == 0 && library.host.liveAllocationCount == 0)
    }

    @Test(arguments: ContractPlugin.all, [false, true])
    func `any allocation may fail: the error says so, and nothing is left behind`(
        plugin: ContractPlugin, allLaterOnesToo: Bool
    ) throws {
        let library = try plugin.loadAlone()
        try exercise(library)
        var index = 0
        while true {
            library.host.setAllocationPolicy(allLaterOnesToo ? .failFrom(index) : .failOnly(index))
            var failure: VireoError?
            do { try exercise(library) } catch let error as VireoError { failure = error }
            let wasReached = library.host.attemptCount > index
            library.host.setAllocationPolicy(.succeed)
            #expect(library.host.liveStatusCount == 0 && library.host.liveAllocationCount == 0)
            guard wasReached else {
                #expect(failure == nil)
                break
            }
            #expect(failure?.code == .outOfMemory)
            index += 1
        }
        try exercise(library)
    }
}
