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
    attempt {
        let target = try place(core)
        let paths =
            search_paths == nil
            ? CCore.defaultSearchPaths() : try texts(search_paths, count, "search path")
        target.pointee = Handle.make(CCore(try Core(searchPaths: paths)))
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

    init(_ properties: [DeviceProperty]) {
        entries = properties.map { [memory] property in
            vireo_property_entry(
                struct_size: 0, name: memory.string(property.name), value: memory.string(property.value),
                is_mutable: property.isMutable)
        }
    }
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
