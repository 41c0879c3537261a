import Testing
import VireoIR
import VireoRuntime
import VireoTensor
import VireoTestSupport

@Suite struct DeviceTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `a device describes itself`() throws {
        let core = try Core(searchPaths: [Fixture.example.path])
        let device = try #require(core.devices.first)
        #expect(device.name == "EXAMPLE" && device.plugin == "EXAMPLE" && device.kind == .cpu)
        #expect(device.fullName == "Example device" && device.architecture == "portable C")
    }

    @Test func `the devices of a library with several are numbered, and its name alone is the first`() throws {
        let core = try Core(searchPaths: [try folder.copy(.faulty, as: "libtwo_devices.so")])
        #expect(core.devices.map(\.name) == ["FAULTY.0", "FAULTY.1"])
        #expect(try core.resolve("FAULTY").map(\.name) == ["FAULTY.0"])
        #expect(try core.resolve("faulty.1").map(\.name) == ["FAULTY.1"])
        #expect(throws: VireoError.self) { try core.resolve("FAULTY.2") }
    }

    @Test func `OPENCL is numbered even when it has one device`() throws {
        let core = try Core(searchPaths: [try folder.variant(of: .example, named: "OPENCL\0", as: "libvireo_opencl.so")]
        )
        #expect(core.devices.map(\.name) == ["OPENCL.0"])
        #expect(try core.resolve("OPENCL").map(\.name) == ["OPENCL.0"])
    }

    @Test func `CPU is made of CPU backends only`() throws {
        let onednn = try folder.variant(of: .example, named: "ONEDNN\0", as: "libvireo_a.so")
        let core = try Core(searchPaths: [Fixture.example.path, onednn])
        #expect(try core.resolve("CPU").map(\.name) == ["ONEDNN"])
    }

    @Test func `without a CPU backend the error says what was tried and what there is`() throws {
        let broken = try folder.file("libvireo_reference.so", [1, 2, 3])
        let core = try Core(searchPaths: [broken, Fixture.example.path])
        let error = #expect(throws: VireoError.self) { try core.resolve("CPU") }
        #expect(error?.code == .notFound)
        #expect(error?.context.first?.hasPrefix(broken) == true)
        #expect(error?.remedy == "the devices are EXAMPLE (Example device)")
    }

    @Test func `GPU is an error that lists the devices when there is none`() throws {
        let error = #expect(throws: VireoError.self) { try Core(searchPaths: [Fixture.example.path]).resolve("GPU") }
        #expect(error?.message == "there is no GPU" && error?.remedy?.contains("EXAMPLE") == true)
    }

    @Test func `an unknown device is an error with the devices and why its library was refused`() throws {
        let broken = try folder.file("libvireo_npu.so", [1, 2, 3])
        let core = try Core(searchPaths: [broken, Fixture.example.path])
        let error = #expect(throws: VireoError.self) { try core.resolve("NPU") }
        #expect(error?.code == .notFound && error?.message == "there is no device NPU")
        #expect(error?.context.first?.contains("cannot be opened") == true)
        #expect(error?.remedy == "the devices are EXAMPLE (Example device)")
    }

    @Test func `without any device the error says where to look`() throws {
        let error = #expect(throws: VireoError.self) { try Core(searchPaths: []).resolve("CPU") }
        #expect(error?.remedy?.contains("VIREO_PLUGIN_PATH") == true)
    }

    @Test(arguments: [
        "HETERO", "MULTI", "BATCH", "HETERO:", "HETERO:EXAMPLE,", "AUTO:,EXAMPLE", "MULTI:(EXAMPLE", "EXAMPLE:1", "",
        "BATCH:EXAMPLE", "BATCH:EXAMPLE(1)", "BATCH:(4)", "EXAM PLE", "(EXAMPLE)(2)",
    ])
    func `a name that makes no sense is an error`(name: String) throws {
        let core = try Core(searchPaths: [Fixture.example.path])
        #expect(throws: VireoError.self) { try core.resolve(name) }
    }

    @Test func `HETERO holds devices and no virtual ones`() throws {
        let core = try Core(searchPaths: [Fixture.example.path])
        let error = #expect(throws: VireoError.self) {
            try core.compile(.sample(), device: "HETERO:(MULTI:EXAMPLE),EXAMPLE")
        }
        #expect(error?.message.contains("cannot hold") == true)
    }

    @Test(arguments: [
        ("cpu", "CPU"), ("HETERO:A,B", "HETERO:A,B"), ("MULTI:(HETERO:A,B),C", "MULTI:(HETERO:A,B),C"),
        ("BATCH:HETERO:A,B(4)", "BATCH:(HETERO:A,B)(4)"), ("AUTO:BATCH:A(2),B", "AUTO:(BATCH:A(2)),B"),
        ("AUTO", "AUTO"),
    ])
    func `a name is taken apart and put together again`(name: String, description: String) throws {
        let target = try Target(name)
        #expect(target.description == description)
        #expect(try Target(description) == target)
    }

    @Test func `HETERO keeps the order and takes each device once`() throws {
        let second = try folder.variant(of: .example, named: "SECOND\0", as: "libsecond.so")
        let core = try Core(searchPaths: [Fixture.example.path, second])
        #expect(try core.resolve("HETERO:SECOND,EXAMPLE,SECOND").map(\.name) == ["SECOND", "EXAMPLE"])
    }

    // MARK: Properties

    @Test func `properties are listed and those that are mutable can be set`() throws {
        let core = try Core(searchPaths: [Fixture.example.path])
        #expect(
            try core.properties(of: "EXAMPLE").map(\.name)
                == ["FULL_DEVICE_NAME", "PERF_COUNT", "AVAILABLE_DEVICES", "LOG_LEVEL"])
        try core.setProperty("PERF_COUNT", to: "YES", of: "EXAMPLE")
        let property = try core.properties(of: "EXAMPLE")[1]
        #expect(property.value == "YES" && property.isMutable)
        let request = try core.compile(.sample(), device: "EXAMPLE").makeRequest()
        _ = try request.run([sampleInput])
        #expect(try request.profile.count == 3)
    }

    @Test func `a bad property is an error from the device`() throws {
        let core = try Core(searchPaths: [Fixture.example.path])
        for (name, value) in [("PERF_COUNT", "MAYBE"), ("FULL_DEVICE_NAME", "x"), ("NO_SUCH", "1")] {
            let error = #expect(throws: VireoError.self) { try core.setProperty(name, to: value, of: "EXAMPLE") }
            #expect(error?.code == .invalidArgument && error?.context == ["device EXAMPLE"])
        }
    }

    @Test func `a property for a compilation that no device knows is an error with those that can be set`() throws {
        let core = try Core(searchPaths: [Fixture.example.path])
        let error = #expect(throws: VireoError.self) {
            try core.compile(.sample(), device: "EXAMPLE", properties: ["PERF_COUNT": "YES", "SPEED": "11"])
        }
        #expect(error?.code == .invalidArgument && error?.message.contains("SPEED") == true)
        #expect(error?.remedy?.contains("PERF_COUNT") == true)
    }
}
