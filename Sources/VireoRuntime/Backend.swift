import CVireoPlugin
import Synchronization
import VireoTensor

/// A `vireo_backend`: one device, ready to compile.
final class Backend: Sendable {
    let info: DeviceInfo
    let library: PluginLibrary
    nonisolated(unsafe) let handle: OpaquePointer
    /// Kept so that messages arrive for as long as the backend lives.
    private let log: PluginLog
    /// Property calls are made one at a time.
    private let propertyCalls = Mutex(())

    init(_ info: DeviceInfo, library: PluginLibrary, index: Int, log: PluginLog) throws {
        self.info = info
        self.library = library
        self.log = log
        handle = try withContext("device \(info.name)") { try library.makeBackend(device: index) }
    }

    deinit { library.destroyBackend(handle) }

    var api: vireo_plugin_api { library.slots }

    /// - Throws: what a status says, with the device as context.
    func check(_ status: OpaquePointer?) throws {
        guard status != nil else { return }
        do {
            try library.host.check(status)
        } catch {
            throw error.adding(context: "device \(info.name)")
        }
    }

    // MARK: Properties

    func properties() throws -> [DeviceProperty] {
        try propertyCalls.withLock { _ in
            var count = 0
            try check(api.property_count(handle, &count))
            return try (0..<count).map { index in
                var property = vireo_property()
                property.struct_size = MemoryLayout<vireo_property>.size
                try check(api.property_at(handle, index, &property))
                guard let name = property.name, let value = property.value else {
                    throw PluginLibrary.brokenPromise("property_at", "no name or no value")
                }
                return DeviceProperty(
                    name: String(cString: name), value: String(cString: value), isMutable: property.is_mutable)
            }
        }
    }

    /// Whether graphs may have values whose shapes are found while they run.
    var takesDynamicShapes: Bool { get throws { try has("DYNAMIC_SHAPES") } }

    /// Whether it computes in 8-bit integers: then it is given weights with their ranges.
    var computesInIntegers: Bool { get throws { try has("INT8") } }

    /// Whether it keeps files that make later compilations faster, when it is told where.
    var hasCache: Bool { get throws { try properties().contains { $0.name == "CACHE_DIR" && $0.isMutable } } }

    /// Whether it names `capability` among its OPTIMIZATION_CAPABILITIES.
    private func has(_ capability: String) throws -> Bool {
        try properties().contains {
            $0.name == "OPTIMIZATION_CAPABILITIES" && $0.value.split(separator: " ").contains(Substring(capability))
        }
    }

    func setProperty(_ name: String, to value: String) throws {
        try propertyCalls.withLock { _ in try check(api.property_set(handle, name, value)) }
    }

    // MARK: Graphs

    /// For each node nil when the backend takes it, and otherwise why not.
    func refusals(of graph: HostGraph) throws -> [String?] {
        var verdicts = [vireo_verdict](repeating: vireo_verdict(), count: graph.nodeCount)
        let status = verdicts.withUnsafeMutableBufferPointer { verdicts in
            api.query_support(handle, graph.handle, verdicts.baseAddress, verdicts.count)
        }
        try check(status)
        return verdicts.map { verdict in
            guard verdict.support == VIREO_SUPPORT_NO else { return nil }
            return verdict.reason.map { String(cString: $0) } ?? "no reason given"
        }
    }

    func compile(_ graph: HostGraph, properties: [String: String]) throws -> Executable {
        let list = properties.sorted { $0.key < $1.key }
        var memory = Arena()
        let names = memory.copy(list.map { UnsafePointer<CChar>?(memory.copy($0.key)) })
        let values = memory.copy(list.map { UnsafePointer<CChar>?(memory.copy($0.value)) })
        var options = vireo_compile_options(
            struct_size: MemoryLayout<vireo_compile_options>.size, extensions: nil, property_count: list.count,
            names: names.baseAddress, values: values.baseAddress)
        var executable: OpaquePointer?
        let status = withExtendedLifetime((memory, graph)) {
            api.compile(handle, graph.handle, &options, &executable)
        }
        try check(status)
        guard let executable else { throw PluginLibrary.brokenPromise("compile", "no executable") }
        return Executable(executable, backend: self, constants: graph.constants)
    }
}

/// A `vireo_executable`, and the constants whose bytes it may read.
final class Executable: Sendable {
    let backend: Backend
    private let constants: [Tensor]
    nonisolated(unsafe) let handle: OpaquePointer

    init(_ handle: OpaquePointer, backend: Backend, constants: [Tensor]) {
        self.handle = handle
        self.backend = backend
        self.constants = constants
    }

    deinit { backend.api.executable_destroy(handle) }

    /// Whether compiling found everything in the cache that a device would have stored there.
    var isLoadedFromCache: Bool { backend.api.executable_is_from_cache?(handle) ?? false }
}
