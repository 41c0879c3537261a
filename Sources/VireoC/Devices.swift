// The names are those of vireo.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CVireo
import Glibc
import Vireo

/// A `vireo_core`.
final class CCore: Sendable {
    let core: Core
    private let memory = CMemory()
    nonisolated(unsafe) let devices: [vireo_device]
    nonisolated(unsafe) let plugins: [vireo_plugin]

    init(_ core: Core) {
        self.core = core
        devices = core.devices.map { [memory] device in
            vireo_device(
                struct_size: 0, name: memory.string(device.name), full_name: memory.string(device.fullName),
                architecture: memory.string(device.architecture))
        }
        plugins = core.plugins.map { [memory] plugin in
            let isLoaded = if case .loaded = plugin.outcome { true } else { false }
            return vireo_plugin(
                struct_size: 0, path: memory.string(plugin.path),
                outcome: memory.string(plugin.outcome.description), is_loaded: isLoaded)
        }
    }

    /// Where plugins are unless the caller says otherwise: this library has a folder, and the program may be elsewhere.
    static func defaultSearchPaths() -> [String] {
        let named = getenv("VIREO_PLUGIN_PATH").map { String(cString: $0).split(separator: ":").map(String.init) } ?? []
        guard let path = vireo_library_path().map({ String(cString: $0) }),
            let resolved = realpath(path, nil)
        else { return named }
        defer { free(resolved) }
        let folder = String(cString: resolved).split(separator: "/").dropLast().map { "/" + $0 }.joined()
        let installed = [folder, folder + "/vireo", folder + "/../lib/vireo"]
        return named + installed.filter(isFolder)
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}

@c @implementation
public func vireo_core_create(
    _ search_paths: UnsafePointer<UnsafePointer<CChar>?>!, _ count: Int, _ core: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
    attempt { try makeCore(search_paths, count, logHandler: nil, core) }
}

private func makeCore(
    _ search_paths: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int, logHandler: LogHandler?,
    _ core: UnsafeMutablePointer<OpaquePointer?>?
) throws {
    let target = try place(core)
    let paths =
        search_paths == nil ? CCore.defaultSearchPaths() : try texts(search_paths, count, "search path")
    target.pointee = Handle.make(CCore(try Core(searchPaths: paths, logHandler: logHandler)))
}

/// Where C wants messages; it keeps `user` safe to use from any thread.
private struct LogTarget: @unchecked Sendable {
    let callback: vireo_log_callback
    let user: UnsafeMutableRawPointer?
}

@c @implementation
public func vireo_core_create_logging(
    _ search_paths: UnsafePointer<UnsafePointer<CChar>?>!, _ count: Int, _ callback: vireo_log_callback!,
    _ user: UnsafeMutableRawPointer!, _ core: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
    attempt {
        guard let callback else { throw VireoError(.invalidArgument, "the callback is NULL") }
        let target = LogTarget(callback: callback, user: user)
        try makeCore(
            search_paths, count, logHandler: { target.callback(target.user, $0.rawValue, $1, $2) }, core)
    }
}

@c @implementation
public func vireo_core_release(_ core: OpaquePointer!) { Handle.release(core, as: CCore.self) }

@c @implementation
public func vireo_core_device_count(_ core: OpaquePointer!) -> Int { Handle.object(core, as: CCore.self).devices.count }

@c @implementation
public func vireo_core_device(
    _ core: OpaquePointer!, _ index: Int, _ device: UnsafeMutablePointer<vireo_device>!
) -> OpaquePointer! {
    attempt { try write(element(required(core, as: CCore.self).devices, index, "device"), to: device) }
}

@c @implementation
public func vireo_core_plugin_count(_ core: OpaquePointer!) -> Int { Handle.object(core, as: CCore.self).plugins.count }

@c @implementation
public func vireo_core_plugin(
    _ core: OpaquePointer!, _ index: Int, _ plugin: UnsafeMutablePointer<vireo_plugin>!
) -> OpaquePointer! {
    attempt { try write(element(required(core, as: CCore.self).plugins, index, "plugin"), to: plugin) }
}

// MARK: - Properties

/// A `vireo_properties`.
final class CProperties: Sendable {
    private let memory = CMemory()
    nonisolated(unsafe) let entries: [vireo_property_entry]
    nonisolated(unsafe) let settings: UnsafePointer<vireo_setting>

    init(_ properties: [(name: String, value: String, isMutable: Bool)]) {
        entries = properties.map { [memory] property in
            vireo_property_entry(
                struct_size: 0, name: memory.string(property.name), value: memory.string(property.value),
                is_mutable: property.isMutable)
        }
        settings = memory.list(entries.map { vireo_setting(name: $0.name, value: $0.value) })
    }

    convenience init(_ properties: [DeviceProperty]) {
        self.init(properties.map { ($0.name, $0.value, $0.isMutable) })
    }
}

@c @implementation
public func vireo_core_settable_properties(
    _ core: OpaquePointer!, _ device: UnsafePointer<CChar>!, _ properties: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
    attempt {
        let target = try place(properties)
        let names = try required(core, as: CCore.self).core.settableProperties(for: text(device, "device"))
        target.pointee = Handle.make(CProperties(names.map { ($0, "", true) }))
    }
}

@c @implementation
public func vireo_settings_read(
    _ path: UnsafePointer<CChar>!, _ device: UnsafePointer<CChar>!, _ settings: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
    attempt {
        let target = try place(settings)
        let file = try Configuration(jsonFile: text(path, "path"), device: device.map { String(cString: $0) })
        target.pointee = Handle.make(
            CProperties(file.values.sorted { $0.key < $1.key }.map { ($0.key, $0.value, true) }))
    }
}

@c @implementation
public func vireo_properties_settings(_ properties: OpaquePointer!) -> UnsafePointer<vireo_setting>! {
    Handle.object(properties, as: CProperties.self).settings
}

@c @implementation
public func vireo_core_properties(
    _ core: OpaquePointer!, _ device: UnsafePointer<CChar>!, _ properties: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
    attempt {
        let target = try place(properties)
        let list = try required(core, as: CCore.self).core.properties(of: text(device, "device"))
        target.pointee = Handle.make(CProperties(list))
    }
}

@c @implementation
public func vireo_core_set_property(
    _ core: OpaquePointer!, _ device: UnsafePointer<CChar>!, _ name: UnsafePointer<CChar>!,
    _ value: UnsafePointer<CChar>!
) -> OpaquePointer! {
    attempt {
        try required(core, as: CCore.self).core.setProperty(
            text(name, "name"), to: text(value, "value"), of: text(device, "device"))
    }
}

@c @implementation
public func vireo_properties_count(_ properties: OpaquePointer!) -> Int {
    Handle.object(properties, as: CProperties.self).entries.count
}

@c @implementation
public func vireo_properties_at(
    _ properties: OpaquePointer!, _ index: Int, _ entry: UnsafeMutablePointer<vireo_property_entry>!
) -> OpaquePointer! {
    attempt { try write(element(required(properties, as: CProperties.self).entries, index, "property"), to: entry) }
}

@c @implementation
public func vireo_properties_release(_ properties: OpaquePointer!) {
    Handle.release(properties, as: CProperties.self)
}
