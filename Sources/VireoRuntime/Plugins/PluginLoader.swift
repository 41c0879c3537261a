import CVireoPlugin
import Glibc
import Synchronization
import VireoTensor

/// Turns a path into a plugin, or into the reason why there is none.
///
/// Libraries are loaded once a process and stay: a Swift library does not survive being closed.
package enum PluginLoader {
    private struct Entered: Sendable {
        let host: PluginHost
        var library: PluginLibrary?
    }

    /// By what `dlopen` returned, which is the same for every name of one file.
    private static let libraries = Mutex<[UInt: Entered]>([:])

    /// Loads a library and enters it: dlopen, symbol, struct_size, major version, slots, strings, in this order.
    /// - Throws: what is wrong with the library, its path as context.
    package static func load(_ path: String) throws -> PluginLibrary {
        try withContext("loading \(path)") {
            try libraries.withLock { libraries in
                // OpenMP reads it when a plugin brings it in: threads that wait by spinning starve their neighbours.
                // The pause between two layers, some 20 us, is too short to sleep.
                setenv("OMP_WAIT_POLICY", "passive", 0)
                setenv("GOMP_SPINCOUNT", "1000", 0)
                guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
                    throw VireoError(.unavailable, "the library cannot be opened: \(dynamicLinkerError())")
                }
                let key = UInt(bitPattern: handle)
                if let library = libraries[key]?.library { return library }
                guard let symbol = dlsym(handle, VIREO_ENTRY_SYMBOL) else {
                    throw VireoError(.unavailable, "the library has no symbol \(VIREO_ENTRY_SYMBOL)")
                }
                let host = libraries[key]?.host ?? PluginHost()
                libraries[key] = Entered(host: host)
                let entry = unsafeBitCast(symbol, to: vireo_plugin_entry_fn.self)
                let library = try PluginLibrary(path: path, entry: entry, host: host)
                libraries[key]?.library = library
                return library
            }
        }
    }

    private static func dynamicLinkerError() -> String {
        dlerror().map { String(cString: $0) } ?? "the dynamic linker does not say why"
    }
}

/// Calls the plugin's entry function.
/// - Throws: the plugin's reason when it refuses.
func enter(_ entry: vireo_plugin_entry_fn, _ host: PluginHost) throws(VireoError) -> UnsafePointer<vireo_plugin_api> {
    var why: OpaquePointer?
    let table = entry(host.table, &why)
    guard let table else {
        do {
            try host.check(why)
        } catch {
            throw VireoError(
                .unavailable, "the plugin refuses: \(error.message)", in: error.context, remedy: error.remedy)
        }
        throw VireoError(.unavailable, "the plugin refuses and gives no reason")
    }
    return table
}

/// Checks a plugin's table in the order in which its parts can be trusted.
func checkTable(_ table: UnsafePointer<vireo_plugin_api>) throws(VireoError) {
    let size = table.pointee.struct_size
    guard size >= sizeOfVersion1 else {
        throw VireoError(
            .unavailable, "the plugin's table has \(size) bytes, and ABI 1.0 has \(sizeOfVersion1)",
            remedy: "build the plugin with a whole vireo_plugin.h and set struct_size")
    }
    guard table.pointee.abi_major == VIREO_ABI_MAJOR else {
        throw VireoError(
            .unavailable,
            "the plugin is made for ABI \(table.pointee.abi_major).\(table.pointee.abi_minor), "
                + "and this runtime speaks \(VIREO_ABI_MAJOR).\(VIREO_ABI_MINOR)",
            remedy: "build the plugin again with this version's vireo_plugin.h")
    }
    let raw = UnsafeRawPointer(table)
    let missing = requiredSlots.filter { raw.load(fromByteOffset: $0.offset, as: UInt.self) == 0 }
    guard missing.isEmpty else {
        throw VireoError(
            .unavailable,
            "the plugin's table leaves required slots NULL: "
                + missing.map(\.name).joined(separator: ", "))
    }
}

private let sizeOfVersion1 = offset(\.profile) + MemoryLayout<UInt>.size

private let requiredSlots: [(name: String, offset: Int)] = [
    ("name", offset(\.name)), ("version", offset(\.version)), ("description", offset(\.description)),
    ("probe", offset(\.probe)), ("device_info", offset(\.device_info)),
    ("backend_create", offset(\.backend_create)), ("backend_destroy", offset(\.backend_destroy)),
    ("property_count", offset(\.property_count)), ("property_at", offset(\.property_at)),
    ("property_set", offset(\.property_set)), ("query_support", offset(\.query_support)),
    ("compile", offset(\.compile)), ("executable_destroy", offset(\.executable_destroy)),
    ("context_create", offset(\.context_create)), ("context_destroy", offset(\.context_destroy)),
    ("buffer_create", offset(\.buffer_create)), ("buffer_import", offset(\.buffer_import)),
    ("buffer_info", offset(\.buffer_info)), ("buffer_read", offset(\.buffer_read)),
    ("buffer_destroy", offset(\.buffer_destroy)), ("execute", offset(\.execute)), ("profile", offset(\.profile)),
]

private func offset(_ member: PartialKeyPath<vireo_plugin_api>) -> Int {
    MemoryLayout<vireo_plugin_api>.offset(of: member)!
}
