import CVireoPlugin
import VireoTensor

/// A `vireo_context`: the state of one run at a time of an executable.
final class Context: Sendable {
    let executable: Executable
    private nonisolated(unsafe) let handle: OpaquePointer

    init(_ executable: Executable) throws {
        var context: OpaquePointer?
        try executable.backend.check(executable.backend.api.context_create(executable.handle, &context))
        guard let context else { throw PluginLibrary.brokenPromise("context_create", "no context") }
        self.executable = executable
        handle = context
    }

    deinit { executable.backend.api.context_destroy(handle) }

    /// Runs the graph. Where `outputs[i]` is nil the plugin makes the buffer.
    func execute(_ inputs: [DeviceBuffer], _ outputs: inout [DeviceBuffer?]) throws {
        let backend = executable.backend
        let count = outputs.count
        try withUnsafeTemporaryAllocation(of: OpaquePointer?.self, capacity: inputs.count + count) { handles in
            for (index, input) in inputs.enumerated() { handles.initializeElement(at: index, to: input.handle) }
            for (index, output) in outputs.enumerated() {
                handles.initializeElement(at: inputs.count + index, to: output?.handle)
            }
            let results = handles.baseAddress! + inputs.count
            try withExtendedLifetime(inputs) {
                try backend.check(
                    backend.api.execute(handle, handles.baseAddress, inputs.count, results, count, nil))
            }
            for index in outputs.indices where outputs[index] == nil {
                guard let made = results[index] else {
                    throw PluginLibrary.brokenPromise("execute", "no buffer for output \(index)")
                }
                outputs[index] = DeviceBuffer(made, backend: backend)
            }
        }
    }

    /// Makes `cancel` mean the next `execute`, even when it comes before the plugin has begun with it.
    func prepare() { executable.backend.api.context_prepare?(handle) }

    /// Makes an `execute` that is under way on another thread end soon, where the plugin can.
    func cancel() { executable.backend.api.context_cancel?(handle) }

    /// Rows about the last run; empty when PERF_COUNT is off.
    func profile() throws -> [ProfileRow] {
        var rows: UnsafePointer<vireo_profile_row>?
        var count = 0
        try executable.backend.check(executable.backend.api.profile(handle, &rows, &count))
        return UnsafeBufferPointer(start: rows, count: count).map { ProfileRow($0) }
    }
}

/// A `vireo_buffer`: a tensor in a device's memory.
final class DeviceBuffer {
    let backend: Backend
    let handle: OpaquePointer

    init(_ handle: OpaquePointer, backend: Backend) {
        self.handle = handle
        self.backend = backend
    }

    /// A buffer over memory that stays as it is for as long as the buffer lives.
    init(_ elementType: ElementType, _ shape: Shape, borrowing bytes: UnsafeRawBufferPointer, on backend: Backend)
        throws
    {
        var buffer: OpaquePointer?
        let rank = shape.rank
        let status = withUnsafeTemporaryAllocation(of: Int64.self, capacity: max(rank, 1)) { dims in
            for axis in 0..<rank { dims.initializeElement(at: axis, to: Int64(shape[axis])) }
            var info = vireo_tensor_info(
                struct_size: MemoryLayout<vireo_tensor_info>.size, extensions: nil,
                element_type: elementType.rawValue, rank: Int32(rank), dims: UnsafePointer(dims.baseAddress))
            return backend.api.buffer_import(
                backend.handle, &info, UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count,
                VIREO_OWNERSHIP_BORROWED, nil, nil, &buffer)
        }
        try backend.check(status)
        guard let buffer else { throw PluginLibrary.brokenPromise("buffer_import", "no buffer") }
        handle = buffer
        self.backend = backend
    }

    deinit { backend.api.buffer_destroy(handle) }

    /// The type and shape of what it holds.
    func info() throws -> (elementType: ElementType, shape: Shape) {
        var info = vireo_tensor_info()
        info.struct_size = MemoryLayout<vireo_tensor_info>.size
        try backend.check(backend.api.buffer_info(handle, &info))
        let rank = Int(info.rank)
        guard let elementType = ElementType(rawValue: info.element_type), rank >= 0, rank == 0 || info.dims != nil
        else {
            throw PluginLibrary.brokenPromise("buffer_info", "no static shape")
        }
        return (elementType, try Shape(validating: (0..<rank).map { Int(info.dims[$0]) }))
    }

    /// Copies the whole buffer.
    func read(into bytes: UnsafeMutableRawBufferPointer) throws {
        try backend.check(backend.api.buffer_read(handle, bytes.baseAddress, bytes.count))
    }
}
