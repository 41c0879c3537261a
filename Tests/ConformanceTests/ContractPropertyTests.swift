import CVireoPlugin
import Testing
import VireoRuntime
import VireoTensor

@Suite struct ContractPropertyTests {
    struct Property {
        let name: String
        let value: String
        let isMutable: Bool
    }

    private func properties(of device: ContractDevice) throws -> [Property] {
        var count = 0
        try device.check(device.api.property_count(device.backend, &count))
        return try (0..<count).map { index in
            var property = vireo_property()
            property.struct_size = MemoryLayout<vireo_property>.size
            try device.check(device.api.property_at(device.backend, index, &property))
            return Property(
                name: String(cString: try #require(property.name)),
                value: String(cString: try #require(property.value)),
                isMutable: property.is_mutable)
        }
    }

    @Test(arguments: ContractPlugin.all)
    func `properties have names, each once`(plugin: ContractPlugin) throws {
        let names = try properties(of: plugin.device()).map(\.name)
        #expect(names.allSatisfy { !$0.isEmpty } && Set(names).count == names.count)
    }

    @Test(arguments: ContractPlugin.all)
    func `every mutable property can be set to the value it has, and keeps it`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        for property in try properties(of: device) where property.isMutable {
            #expect(device.code(device.api.property_set(device.backend, property.name, property.value)) == nil)
            let now = try properties(of: device).first { $0.name == property.name }
            #expect(now?.value == property.value)
        }
    }

    @Test(arguments: ContractPlugin.all)
    func `an unknown name and a read-only property are invalid arguments`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        let fixed = try properties(of: device).filter { !$0.isMutable }.map(\.name)
        for name in fixed + ["NO_SUCH_PROPERTY", ""] {
            let error = #expect(throws: VireoError.self) {
                try device.check(device.api.property_set(device.backend, name, "1"))
            }
            #expect(error?.code == .invalidArgument && error?.message.isEmpty == false)
        }
    }

    @Test(arguments: ContractPlugin.all)
    func `a property that is not there is an invalid argument`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        let count = try properties(of: device).count
        var property = vireo_property()
        property.struct_size = MemoryLayout<vireo_property>.size
        #expect(device.code(device.api.property_at(device.backend, count, &property)) == .invalidArgument)
    }

    @Test(arguments: ContractPlugin.all)
    func `an unknown property for a compilation is an invalid argument`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        let error = #expect(throws: VireoError.self) { try device.compile(reluGraph(), [("NO_SUCH_PROPERTY", "1")]) }
        #expect(error?.code == .invalidArgument)
    }
}
