import Glibc
import Testing
import VireoRuntime
import VireoTensor
import VireoTestSupport

@Suite struct PluginLoadingTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Loads the faulty fixture under the name of its fault, with EXAMPLE after it.
    private func load(fault: String) throws -> (report: PluginReport, core: Core) {
        let path = try folder.copy(.faulty, as: "lib\(fault).so")
        let core = try Core(searchPaths: [path, Fixture.example.path])
        #expect(core.plugins.count == 2)
        #expect(core.plugins[0].path == path)
        return (core.plugins[0], core)
    }

    @Test(arguments: [
        ("wrong_major", "made for ABI 2.1, and this runtime speaks 1.1"),
        ("short_table", "table has 192 bytes, and ABI 1.0 has 200"),
        ("null_slot", "NULL: compile, buffer_read"),
        ("refuses", "the plugin refuses: this machine is too old"),
        ("refuses_silently", "refuses and gives no reason"),
        ("nameless", "\"\" is no device name"),
        ("bad_name", "\"my device\" is no device name"),
        ("reserved_name", "the name CPU is reserved"),
        ("versionless", "version is empty"),
        ("probe_error", "no device: the cable is not plugged in"),
        ("no_device", "finds no device"),
        ("absurd_count", "claims to have"),
        ("no_description", "the device does not answer"),
        ("nameless_device", "device 0 has no full name"),
        ("foreign_status", "a status that this host did not make"),
    ])
    func `a plugin with a fault is reported by path and reason, and others work`(
        fault: String, reason: String
    ) throws {
        let (report, core) = try load(fault: fault)
        guard case .refused(let given) = report.outcome else {
            Issue.record("\(fault) was loaded")
            return
        }
        #expect(given.contains(reason))
        #expect(core.devices.map(\.name) == ["EXAMPLE"])
        #expect(try core.compile(.sample(), device: "EXAMPLE").makeRequest().run([sampleInput]) == [sampleOutput])
    }

    @Test func `a file that is no library, one without the symbol, and none are each reported`() throws {
        let text = try folder.file("libvireo_text.so", Array("no library at all".utf8))
        let absent = folder.path("libvireo_absent.so")
        let symbolless = try librarySomewhere()
        let core = try Core(searchPaths: [text, absent, symbolless, Fixture.example.path])
        let reasons = core.plugins.prefix(3).map { plugin -> String in
            guard case .refused(let reason) = plugin.outcome else { return "" }
            return reason
        }
        #expect(core.plugins.map(\.path).prefix(3) == [text, absent, symbolless])
        #expect(reasons[0].contains("cannot be opened") && reasons[0].contains("libvireo_text.so"))
        #expect(reasons[1] == "there is no such file or folder")
        #expect(reasons[2].contains("no symbol vireo_plugin_entry"))
        #expect(core.devices.map(\.name) == ["EXAMPLE"])
    }

    /// A shared library that is no plugin: the mathematics library under another name.
    private func librarySomewhere() throws -> String {
        let candidates = ["/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6", "/lib64/libm.so.6"]
        let library = try #require(candidates.first { access($0, R_OK) == 0 })
        return try folder.copy(library, as: "libvireo_symbolless.so")
    }

    @Test func `a status left behind by probe is a warning, and the device works`() throws {
        let (report, core) = try load(fault: "leaks_status")
        #expect(core.devices.map(\.name) == ["FAULTY", "EXAMPLE"])
        #expect(report.warnings.count == 1)
        #expect(report.warnings[0].contains("probe") && report.warnings[0].contains("forgotten in probe"))
    }

    @Test func `a status left behind by a backend is a warning once the backend is gone`() throws {
        let path = try folder.copy(.faulty, as: "libleaks_later.so")
        try {
            let core = try Core(searchPaths: [path])
            #expect(try core.properties(of: "FAULTY").map(\.name) == ["AVAILABLE_DEVICES", "LOG_LEVEL"])
            #expect(core.plugins[0].warnings.isEmpty)
        }()
        let warnings = try Core(searchPaths: [path]).plugins[0].warnings
        #expect(warnings.count == 1 && warnings[0].contains("forgotten by the backend"))
    }

    @Test func `a backend that cannot be made is an error with the device's name`() throws {
        let (_, core) = try load(fault: "no_backend")
        let error = #expect(throws: VireoError.self) { try core.properties(of: "FAULTY") }
        #expect(error?.code == .unavailable && error?.message == "the device is in use elsewhere")
        #expect(error?.context == ["device FAULTY"])
        let (_, other) = try load(fault: "null_backend")
        #expect(throws: VireoError.self) { try other.properties(of: "FAULTY") }
    }

    @Test func `the first library of a name wins, and a later one is reported as shadowed`() throws {
        let copy = try folder.copy(.example, as: "libvireo_example.so")
        let core = try Core(searchPaths: [Fixture.example.path, folder.path])
        #expect(core.devices.map(\.name) == ["EXAMPLE"])
        #expect(core.plugins.map(\.path) == [Fixture.example.path, copy])
        #expect(
            core.plugins[1].outcome
                == .refused(reason: "shadowed: EXAMPLE was found before in \(Fixture.example.path)"))
    }

    @Test func `in a folder only files named libvireo are tried, each once`() throws {
        let path = try folder.copy(.example, as: "libvireo_example.so")
        _ = try folder.copy(.faulty, as: "libother.so")
        _ = try folder.file("libvireo_readme.txt", [])
        let core = try Core(searchPaths: [folder.path, path, folder.path + "/."])
        #expect(core.plugins.map(\.path) == [path])
        guard case .loaded("EXAMPLE", "1.0.0", _, deviceCount: 1) = core.plugins[0].outcome else {
            Issue.record("\(core.plugins[0].outcome)")
            return
        }
    }

    @Test func `an outcome reads as a sentence`() throws {
        let core = try Core(searchPaths: [Fixture.example.path, folder.path("libvireo_absent.so")])
        #expect(
            core.plugins.map(\.outcome.description) == [
                "EXAMPLE 1.0.0, 1 device: ReLU, Add and SoftShrink in plain C",
                "not used: there is no such file or folder",
            ])
    }

    @Test func `plugins beside the executable are found without being named`() throws {
        let paths = try Core().plugins.map(\.path)
        #expect(!paths.contains { $0.contains("libfixture_") })
        #expect(paths.allSatisfy { $0.contains("/libvireo_") })
    }

    @Test func `what a plugin logs arrives with its level and path`() throws {
        let messages = Messages()
        let path = try folder.copy(.faulty, as: "libleaks_status.so")
        _ = try Core(searchPaths: [path]) { level, plugin, message in messages.add("\(level) \(plugin) \(message)") }
        #expect(messages.all.count == 1)
        #expect(messages.all[0].hasPrefix("warning \(path) a status was neither returned nor released"))
    }
}
