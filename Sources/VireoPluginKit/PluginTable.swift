import CVireoPlugin
import Synchronization
import VireoTensor

/// The C side of a plugin written in Swift.
///
/// ```swift
/// @c(vireo_plugin_entry)
/// public func pluginEntry(
///     _ host: UnsafePointer<vireo_host_api>?, _ why: UnsafeMutablePointer<OpaquePointer?>?
/// ) -> UnsafePointer<vireo_plugin_api>? {
///     PluginTable.install(MyBackend.self, host: host, why: why)
/// }
/// ```
public enum PluginTable {
    /// Fills the plugin's table. A shared library holds one backend: later calls return the table of the first.
    public static func install(
        _ backend: any PluginBackend.Type, host: UnsafePointer<vireo_host_api>?,
        why: UnsafeMutablePointer<OpaquePointer?>?
    ) -> UnsafePointer<vireo_plugin_api>? {
        guard let host, let why else { return nil }
        guard host.pointee.abi_major == VIREO_ABI_MAJOR else {
            why.pointee = host.pointee.status_create(
                host, VIREO_UNAVAILABLE,
                "made for ABI \(VIREO_ABI_MAJOR).\(VIREO_ABI_MINOR), and the host speaks \(host.pointee.abi_major)")
            return nil
        }
        return installing.withLock { isInstalled in
            if !isInstalled {
                plugin = Plugin(type: backend, host: Host(table: host))
                isInstalled = true
            }
            return UnsafePointer(plugin.table)
        }
    }

    private static let installing = Mutex(false)
}

/// This library's plugin. Written once, in `install`, before any slot of the table can be called.
private nonisolated(unsafe) var plugin: Plugin! = nil

private final class Plugin: @unchecked Sendable {
    let type: any PluginBackend.Type
    let host: Host
    let table: UnsafeMutablePointer<vireo_plugin_api>
    let strings = StringPool()
    let devices = Mutex<[DeviceDescription]>([])

    init(type: any PluginBackend.Type, host: Host) {
        self.type = type
        self.host = host
        table = .allocate(capacity: 1)
        table.initialize(
            to: vireo_plugin_api(
                struct_size: MemoryLayout<vireo_plugin_api>.size, extensions: nil, abi_major: VIREO_ABI_MAJOR,
                abi_minor: VIREO_ABI_MINOR, name: strings.intern(type.name), version: strings.intern(type.version),
                description: strings.intern(type.summary), probe: probe, device_info: deviceInfo,
                backend_create: backendCreate, backend_destroy: backendDestroy, property_count: propertyCount,
                property_at: propertyAt, property_set: propertySet, query_support: querySupport, compile: compile,
                executable_destroy: executableDestroy, context_create: contextCreate, context_destroy: contextDestroy,
                buffer_create: bufferCreate, buffer_import: bufferImport, buffer_info: bufferInfo,
                buffer_read: bufferRead, buffer_destroy: bufferDestroy, execute: execute, profile: profile,
                context_cancel: contextCancel, custom_operations: nil, custom_operation_count: 0,
                executable_is_from_cache: executableIsFromCache, context_prepare: contextPrepare))
    }
}

/// C strings that live as long as the pool.
private final class StringPool: Sendable {
    private struct Pointer: @unchecked Sendable { let chars: UnsafeMutablePointer<CChar> }
    private let strings = Mutex<[String: Pointer]>([:])

    func intern(_ string: String) -> UnsafePointer<CChar> {
        strings.withLock { strings in
            if let known = strings[string] { return UnsafePointer(known.chars) }
            let utf8 = Array(string.utf8CString)
            let chars = UnsafeMutablePointer<CChar>.allocate(capacity: utf8.count)
            chars.initialize(from: utf8, count: utf8.count)
            strings[string] = Pointer(chars: chars)
            return UnsafePointer(chars)
        }
    }

    deinit {
        strings.withLock { for string in $0.values { string.chars.deallocate() } }
    }
}

// MARK: - What the handles stand for

private final class BackendHandle: Sendable {
    let backend: any PluginBackend
    let strings = StringPool()
    let properties = Mutex<[Property]>([])
    init(_ backend: any PluginBackend) { self.backend = backend }
}

private final class ExecutableHandle: Sendable {
    let executable: any PluginExecutable
    let strings = StringPool()
    /// What the buffers of a run must be.
    let inputs: [TensorType]
    let outputs: [TensorType]

    struct TensorType: Sendable {
        let elementType: ElementType
        let shape: PartialShape

        /// - Throws: `invalidArgument` when the buffer is of another type or shape.
        func check(_ buffer: DeviceBuffer, _ role: String, _ index: Int) throws(VireoError) {
            guard buffer.elementType == elementType, shape.allows(buffer.shape) else {
                throw VireoError(
                    .invalidArgument,
                    "\(role) buffer \(index) is \(buffer.elementType)\(buffer.shape), not \(elementType)\(shape)")
            }
        }
    }

    init(_ executable: any PluginExecutable, of graph: GraphView) {
        func type(_ value: Int) -> TensorType {
            TensorType(elementType: graph.values[value].elementType, shape: graph.values[value].shape)
        }
        self.executable = executable
        inputs = graph.inputs.map(type)
        outputs = graph.outputs.map(type)
    }
}

private final class ContextHandle {
    let context: any PluginContext
    let executable: ExecutableHandle
    /// The buffers of the run under way, in lists that are kept so that a run allocates none.
    var inputs: [DeviceBuffer] = []
    var outputs: [DeviceBuffer?] = []
    var rows: UnsafeMutableBufferPointer<vireo_profile_row> = .allocate(capacity: 0)
    /// Whether the host has prepared the context for the next run.
    var isPrepared = false

    init(_ context: any PluginContext, of executable: ExecutableHandle) {
        self.context = context
        self.executable = executable
    }

    deinit { rows.deallocate() }
}

private func retained(_ object: AnyObject) -> OpaquePointer { OpaquePointer(Unmanaged.passRetained(object).toOpaque()) }

private func object<Object: AnyObject>(_ handle: OpaquePointer?, _ type: Object.Type = Object.self) -> Object {
    Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle!)).takeUnretainedValue()
}

private func release<Object: AnyObject>(_ handle: OpaquePointer?, _ type: Object.Type) {
    guard let handle else { return }
    Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle)).release()
}

/// Runs `body`; what it throws becomes a status.
private func status(_ body: () throws -> Void) -> OpaquePointer? {
    do {
        try body()
        return nil
    } catch {
        return plugin.host.status(error)
    }
}

// MARK: - The slots

private func probe(_ count: UnsafeMutablePointer<Int>?) -> OpaquePointer? {
    status {
        let devices = try plugin.type.probe()
        plugin.devices.withLock { $0 = devices }
        count?.pointee = devices.count
    }
}

private func deviceInfo(_ device: Int, _ info: UnsafeMutablePointer<vireo_device_info>?) -> OpaquePointer? {
    status {
        let devices = plugin.devices.withLock { $0 }
        guard devices.indices.contains(device) else {
            throw VireoError(.invalidArgument, "\(plugin.type.name) has \(devices.count) devices, no number \(device)")
        }
        info!.pointee.kind = devices[device].kind.rawValue
        info!.pointee.full_name = plugin.strings.intern(devices[device].fullName)
        info!.pointee.architecture = plugin.strings.intern(devices[device].architecture)
        let flags = MemoryLayout<vireo_device_info>.offset(of: \.flags)!
        if info!.pointee.struct_size >= flags + MemoryLayout<UInt64>.size {
            info!.pointee.flags = plugin.type is any HostMemoryBackend.Type ? UInt64(VIREO_DEVICE_USES_HOST_MEMORY) : 0
        }
    }
}

private func backendCreate(_ device: Int, _ backend: UnsafeMutablePointer<OpaquePointer?>?) -> OpaquePointer? {
    status {
        let count = plugin.devices.withLock { $0.count }
        guard (0..<count).contains(device) else {
            throw VireoError(.invalidArgument, "\(plugin.type.name) has \(count) devices, no number \(device)")
        }
        backend!.pointee = retained(BackendHandle(try plugin.type.init(device: device, host: plugin.host)))
    }
}

private func backendDestroy(_ backend: OpaquePointer?) { release(backend, BackendHandle.self) }

private func propertyCount(_ backend: OpaquePointer?, _ count: UnsafeMutablePointer<Int>?) -> OpaquePointer? {
    let handle: BackendHandle = object(backend)
    let properties = handle.backend.properties
    handle.properties.withLock { $0 = properties }
    count!.pointee = properties.count
    return nil
}

private func propertyAt(
    _ backend: OpaquePointer?, _ index: Int, _ property: UnsafeMutablePointer<vireo_property>?
) -> OpaquePointer? {
    let handle: BackendHandle = object(backend)
    return status {
        let properties = handle.properties.withLock { $0 }
        guard properties.indices.contains(index) else {
            throw VireoError(.invalidArgument, "no property number \(index)")
        }
        property!.pointee.name = handle.strings.intern(properties[index].name)
        property!.pointee.value = handle.strings.intern(properties[index].value)
        property!.pointee.is_mutable = properties[index].isMutable
    }
}

private func propertySet(
    _ backend: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: UnsafePointer<CChar>?
) -> OpaquePointer? {
    let handle: BackendHandle = object(backend)
    return status { try handle.backend.setProperty(String(cString: name!), to: String(cString: value!)) }
}

private func querySupport(
    _ backend: OpaquePointer?, _ graph: OpaquePointer?, _ verdicts: UnsafeMutablePointer<vireo_verdict>?, _ count: Int
) -> OpaquePointer? {
    let handle: BackendHandle = object(backend)
    return status {
        let graph = GraphView(graph!, host: plugin.host)
        guard count == graph.nodes.count else {
            throw VireoError(.invalidArgument, "\(count) verdicts asked for a graph of \(graph.nodes.count) nodes")
        }
        for (index, verdict) in handle.backend.support(for: graph).enumerated() {
            switch verdict {
            case .no(let reason):
                verdicts![index] = vireo_verdict(support: VIREO_SUPPORT_NO, reason: handle.strings.intern(reason))
            case .yes: verdicts![index] = vireo_verdict(support: VIREO_SUPPORT_YES, reason: nil)
            case .preferred: verdicts![index] = vireo_verdict(support: VIREO_SUPPORT_PREFERRED, reason: nil)
            }
        }
    }
}

private func compile(
    _ backend: OpaquePointer?, _ graph: OpaquePointer?, _ options: UnsafePointer<vireo_compile_options>?,
    _ executable: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
    let handle: BackendHandle = object(backend)
    return status {
        var properties: [String: String] = [:]
        if let options {
            for index in 0..<options.pointee.property_count {
                properties[String(cString: options.pointee.names[index]!)] =
                    String(cString: options.pointee.values[index]!)
            }
        }
        let graph = GraphView(graph!, host: plugin.host)
        executable!.pointee = retained(
            ExecutableHandle(try handle.backend.compile(graph, properties: properties), of: graph))
    }
}

private func executableDestroy(_ executable: OpaquePointer?) { release(executable, ExecutableHandle.self) }

private func executableIsFromCache(_ executable: OpaquePointer?) -> Bool {
    let handle: ExecutableHandle = object(executable)
    return handle.executable.isLoadedFromCache
}

private func contextCreate(
    _ executable: OpaquePointer?, _ context: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
    let handle: ExecutableHandle = object(executable)
    return status {
        context!.pointee = retained(ContextHandle(try handle.executable.makeContext(), of: handle))
    }
}

private func contextPrepare(_ context: OpaquePointer?) {
    let handle: ContextHandle = object(context)
    handle.context.prepare()
    handle.isPrepared = true
}

private func contextCancel(_ context: OpaquePointer?) {
    let handle: ContextHandle = object(context)
    handle.context.cancel()
}

private func contextDestroy(_ context: OpaquePointer?) { release(context, ContextHandle.self) }

private func elementTypeAndShape(_ info: vireo_tensor_info) throws -> (ElementType, Shape) {
    guard let elementType = ElementType(rawValue: info.element_type), let shape = PartialShape(info).shape else {
        throw VireoError(.invalidArgument, "a buffer needs a known element type and a static shape")
    }
    return (elementType, shape)
}

private func bufferCreate(
    _ backend: OpaquePointer?, _ info: UnsafePointer<vireo_tensor_info>?,
    _ buffer: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
    let handle: BackendHandle = object(backend)
    return status {
        let (elementType, shape) = try elementTypeAndShape(info!.pointee)
        buffer!.pointee = retained(try handle.backend.makeBuffer(elementType, shape))
    }
}

private func bufferImport(
    _ backend: OpaquePointer?, _ info: UnsafePointer<vireo_tensor_info>?, _ data: UnsafeMutableRawPointer?,
    _ byteCount: Int, _ ownership: Int32, _ done: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?,
    _ user: UnsafeMutableRawPointer?, _ buffer: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
    let handle: BackendHandle = object(backend)
    return status {
        let (elementType, shape) = try elementTypeAndShape(info!.pointee)
        guard elementType.byteCount(of: shape.elementCount) == byteCount else {
            throw VireoError(.invalidArgument, "\(byteCount) bytes do not make a tensor \(elementType)\(shape)")
        }
        guard data != nil || byteCount == 0 else { throw VireoError(.invalidArgument, "\(byteCount) bytes at NULL") }
        guard (VIREO_OWNERSHIP_COPIED...VIREO_OWNERSHIP_ADOPTED).contains(ownership) else {
            throw VireoError(.invalidArgument, "\(ownership) is no kind of ownership")
        }
        let made = try handle.backend.importBuffer(
            elementType, shape, data: UnsafeMutableRawBufferPointer(start: data, count: byteCount),
            keepsMemory: ownership != VIREO_OWNERSHIP_COPIED)
        if ownership == VIREO_OWNERSHIP_ADOPTED, let done { made.onDestroy = { done(user) } }
        buffer!.pointee = retained(made)
    }
}

private func bufferInfo(_ buffer: OpaquePointer?, _ info: UnsafeMutablePointer<vireo_tensor_info>?) -> OpaquePointer? {
    let buffer: DeviceBuffer = object(buffer)
    info!.pointee.element_type = buffer.elementType.rawValue
    info!.pointee.rank = Int32(buffer.shape.rank)
    info!.pointee.dims = UnsafePointer(buffer.dims.baseAddress)
    return nil
}

private func bufferRead(
    _ buffer: OpaquePointer?, _ destination: UnsafeMutableRawPointer?, _ byteCount: Int
) -> OpaquePointer? {
    let buffer: DeviceBuffer = object(buffer)
    return status {
        guard byteCount == buffer.byteCount else {
            throw VireoError(.invalidArgument, "\(byteCount) bytes asked of a buffer of \(buffer.byteCount)")
        }
        if let destination { try buffer.read(into: destination) }
    }
}

private func bufferDestroy(_ buffer: OpaquePointer?) { release(buffer, DeviceBuffer.self) }

private func execute(
    _ context: OpaquePointer?, _ inputs: UnsafePointer<OpaquePointer?>?, _ inputCount: Int,
    _ outputs: UnsafeMutablePointer<OpaquePointer?>?, _ outputCount: Int,
    _ completion: UnsafePointer<vireo_completion>?
) -> OpaquePointer? {
    let handle: ContextHandle = object(context)
    if !handle.isPrepared { handle.context.prepare() }
    handle.isPrepared = false
    let failure = status {
        let types = handle.executable
        guard inputCount == types.inputs.count, outputCount == types.outputs.count else {
            throw VireoError(
                .invalidArgument,
                "\(inputCount) inputs and \(outputCount) outputs for a graph that has \(types.inputs.count) and "
                    + "\(types.outputs.count)")
        }
        defer {
            handle.inputs.removeAll(keepingCapacity: true)
            handle.outputs.removeAll(keepingCapacity: true)
        }
        for index in 0..<inputCount {
            let buffer: DeviceBuffer = object(inputs![index])
            try types.inputs[index].check(buffer, "input", index)
            handle.inputs.append(buffer)
        }
        for index in 0..<outputCount {
            let buffer = outputs![index].map { object($0, DeviceBuffer.self) }
            if let buffer { try types.outputs[index].check(buffer, "output", index) }
            handle.outputs.append(buffer)
        }
        try handle.context.execute(inputs: handle.inputs, outputs: &handle.outputs)
        for (index, result) in handle.outputs.enumerated() where outputs![index] == nil {
            guard let result else { throw VireoError(.internalError, "output \(index) was not computed") }
            outputs![index] = retained(result)
        }
    }
    if failure == nil, let completion { completion.pointee.done(completion.pointee.user, nil) }
    return failure
}

private func profile(
    _ context: OpaquePointer?, _ rows: UnsafeMutablePointer<UnsafePointer<vireo_profile_row>?>?,
    _ count: UnsafeMutablePointer<Int>?
) -> OpaquePointer? {
    let handle: ContextHandle = object(context)
    let profile = handle.context.profile
    handle.rows.deallocate()
    handle.rows = .allocate(capacity: profile.count)
    let strings = handle.executable.strings
    for (index, row) in profile.enumerated() {
        handle.rows[index] = vireo_profile_row(
            node_name: strings.intern(row.nodeName), op_type: strings.intern(row.opType),
            exec_type: strings.intern(row.execType), status: row.status.rawValue,
            real_microseconds: Int64(row.realMicroseconds), cpu_microseconds: Int64(row.cpuMicroseconds))
    }
    rows!.pointee = UnsafePointer(handle.rows.baseAddress)
    count!.pointee = profile.count
    return nil
}
