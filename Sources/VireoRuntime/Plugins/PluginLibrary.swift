import CVireoPlugin
import Glibc
import Synchronization
import VireoTensor

/// A loaded plugin whose table has been checked.
package final class PluginLibrary: Sendable {
    package let path: String
    package let name: String
    package let version: String
    package let summary: String
    package let host: PluginHost
    package nonisolated(unsafe) let api: UnsafePointer<vireo_plugin_api>
    /// The plugin's table; slots that came after the plugin's version are NULL.
    package nonisolated(unsafe) let slots: vireo_plugin_api
    package nonisolated(unsafe) let entry: vireo_plugin_entry_fn

    private struct Life {
        var backendCount = 0
        var warnings: [String] = []
    }

    /// Probing, making and ending backends happen one at a time, so that what they leave behind is theirs.
    private let life = Mutex(Life())

    init(path: String, entry: vireo_plugin_entry_fn, host: PluginHost) throws(VireoError) {
        self.path = path
        self.host = host
        self.entry = entry
        api = try enter(entry, host)
        try checkTable(api)
        slots = vireo_plugin_api(copying: api)
        name = String(cString: api.pointee.name)
        version = String(cString: api.pointee.version)
        summary = String(cString: api.pointee.description)
        guard !name.isEmpty, name.utf8.allSatisfy(PluginLibrary.isNameByte) else {
            throw VireoError(.unavailable, "\"\(name)\" is no device name: it must be made of A-Z, 0-9 and _")
        }
        guard !DeviceName.reserved.contains(name) else {
            throw VireoError(.unavailable, "the name \(name) is reserved for the runtime's own devices")
        }
        guard !version.isEmpty else { throw VireoError(.unavailable, "the plugin's version is empty") }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "_")
    }

    /// What the plugin did that it should not have, and that others survive.
    package var warnings: [String] { life.withLock { $0.warnings } }

    /// One device as the plugin describes it.
    package struct Description: Sendable {
        package let kind: DeviceInfo.Kind
        package let fullName: String
        package let architecture: String
        package let usesHostMemory: Bool
    }

    /// The devices that are there now.
    /// - Throws: `unavailable` with the reason when there are none.
    package func probe() throws -> [Description] {
        try PluginLibrary.probing.withLock { _ in try probeAlone() }
    }

    /// Libraries are probed one at a time, because what they load on the way reads and changes the environment.
    private static let probing = Mutex(())

    private func probeAlone() throws -> [Description] {
        defer { warn(ofLeaksBy: "probe", host.takeLeakedStatuses(madeBy: pthread_self())) }
        return try life.withLock { _ in
            var count = 0
            do throws(VireoError) {
                try host.check(api.pointee.probe(&count))
            } catch {
                throw VireoError(
                    .unavailable, "no device: \(error.message)", in: error.context, remedy: error.remedy)
            }
            guard (0...PluginLibrary.largestDeviceCount).contains(count) else {
                throw VireoError(.unavailable, "the plugin claims to have \(UInt(bitPattern: count)) devices")
            }
            guard count > 0 else { throw VireoError(.unavailable, "the plugin finds no device") }
            return try (0..<count).map { try describe($0) }
        }
    }

    private static let largestDeviceCount = 1024

    private func describe(_ device: Int) throws -> Description {
        var info = vireo_device_info()
        info.struct_size = MemoryLayout<vireo_device_info>.size
        try withContext("describing device \(device)") { try host.check(api.pointee.device_info(device, &info)) }
        guard let fullName = info.full_name, let architecture = info.architecture else {
            throw VireoError(.unavailable, "device \(device) has no full name or no architecture")
        }
        return Description(
            kind: DeviceInfo.Kind(rawValue: info.kind) ?? .other, fullName: String(cString: fullName),
            architecture: String(cString: architecture),
            usesHostMemory: info.flags & UInt64(VIREO_DEVICE_USES_HOST_MEMORY) != 0)
    }

    func makeBackend(device: Int) throws -> OpaquePointer {
        try life.withLock { life in
            var backend: OpaquePointer?
            try host.check(api.pointee.backend_create(device, &backend))
            guard let backend else { throw PluginLibrary.brokenPromise("backend_create", "no backend") }
            life.backendCount += 1
            return Handle(pointer: backend)
        }.pointer
    }

    func destroyBackend(_ backend: OpaquePointer) {
        let backend = Handle(pointer: backend)
        let leaked = life.withLock { life in
            api.pointee.backend_destroy(backend.pointer)
            life.backendCount -= 1
            return life.backendCount == 0 ? host.takeLeakedStatuses() : []
        }
        warn(ofLeaksBy: "its last backend", leaked)
    }

    private struct Handle: @unchecked Sendable { let pointer: OpaquePointer }

    private func warn(ofLeaksBy origin: String, _ messages: [String]) {
        for message in messages {
            let warning = "a status was neither returned nor released when \(origin) ended: \"\(message)\""
            life.withLock { $0.warnings.append(warning) }
            host.log(.warning, warning)
        }
    }

    static func brokenPromise(_ slot: String, _ what: String) -> VireoError {
        VireoError(.internalError, "the plugin's \(slot) succeeded and gave \(what)")
    }
}

extension vireo_plugin_api {
    /// As much of a plugin's table as there is.
    fileprivate init(copying table: UnsafePointer<vireo_plugin_api>) {
        self.init()
        let size = min(table.pointee.struct_size, MemoryLayout<vireo_plugin_api>.size)
        withUnsafeMutableBytes(of: &self) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: table, count: size))
        }
    }
}
