import CVireoPlugin
import Testing
import VireoRuntime
import VireoTensor

@Suite struct ContractTableTests {
    @Test func `there are plugins to test`() {
        #expect(ContractPlugin.all.contains { $0.testDescription.hasPrefix("libvireo_") })
        #expect(ContractPlugin.all.contains { $0.testDescription == "libfixture_example.so" })
    }

    @Test(arguments: ContractPlugin.all)
    func `the library exports the entry function and nothing else`(plugin: ContractPlugin) throws {
        #expect(try exportedSymbols(ofELF: plugin.bytes()) == ["vireo_plugin_entry"])
    }

    @Test(arguments: ContractPlugin.all)
    func `entering twice gives the same table`(plugin: ContractPlugin) throws {
        let library = try plugin.load()
        var why: OpaquePointer?
        #expect(library.entry(library.host.table, &why) == library.api)
        #expect(why == nil)
    }

    @Test(arguments: ContractPlugin.all)
    func `a host of another major version is refused with a reason`(plugin: ContractPlugin) throws {
        let library = try plugin.load()
        let stranger = PluginHost(abiMajor: VIREO_ABI_MAJOR + 1)
        var why: OpaquePointer?
        let given = library.entry(stranger.table, &why)
        #expect(given == nil)
        let error = #expect(throws: VireoError.self) { try stranger.check(why) }
        #expect(error?.message.isEmpty == false)
    }

    @Test(arguments: ContractPlugin.all)
    func `every device that probe counts describes itself`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        var count = 0
        try device.check(device.api.probe(&count))
        for index in 0..<count {
            var info = vireo_device_info()
            info.struct_size = MemoryLayout<vireo_device_info>.size
            try device.check(device.api.device_info(index, &info))
            #expect([VIREO_DEVICE_CPU, VIREO_DEVICE_GPU, VIREO_DEVICE_OTHER].contains(info.kind))
            #expect(!String(cString: try #require(info.full_name)).isEmpty)
            #expect(!String(cString: try #require(info.architecture)).isEmpty)
            #expect(info.struct_size == MemoryLayout<vireo_device_info>.size)
        }
    }

    @Test(arguments: ContractPlugin.all)
    func `a device that is not there is an invalid argument`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        var count = 0
        try device.check(device.api.probe(&count))
        var info = vireo_device_info()
        info.struct_size = MemoryLayout<vireo_device_info>.size
        var backend: OpaquePointer?
        for index in [count, count + 1, Int.max] {
            #expect(device.code(device.api.device_info(index, &info)) == .invalidArgument)
            #expect(device.code(device.api.backend_create(index, &backend)) == .invalidArgument)
            #expect(backend == nil)
        }
    }
}
