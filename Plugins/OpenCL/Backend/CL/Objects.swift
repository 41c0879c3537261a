import COpenCL
import VireoTensor

// Each class owns one reference to an OpenCL object. OpenCL's calls are thread-safe, except those that set the
// arguments of a kernel.

final class CLContext: @unchecked Sendable {
    let handle: cl_context

    init(_ device: Device) throws(VireoError) {
        var status: cl_int = 0
        var id: cl_device_id? = device.id
        let made = clCreateContext(nil, 1, &id, nil, nil, &status)
        try check(status, "make a context on \(device.name)")
        handle = made!
    }

    deinit { clReleaseContext(handle) }
}

final class CLEvent {
    let handle: cl_event

    init(_ handle: cl_event) { self.handle = handle }
    deinit { clReleaseEvent(handle) }

    /// How long the command ran on the device.
    func nanoseconds() throws(VireoError) -> Int {
        var start: cl_ulong = 0
        var end: cl_ulong = 0
        let size = MemoryLayout<cl_ulong>.size
        let startKey = cl_profiling_info(CL_PROFILING_COMMAND_START)
        try check(clGetEventProfilingInfo(handle, startKey, size, &start, nil), "read when a kernel started")
        let endKey = cl_profiling_info(CL_PROFILING_COMMAND_END)
        try check(clGetEventProfilingInfo(handle, endKey, size, &end, nil), "read when a kernel ended")
        return end > start ? Int(clamping: end - start) : 0
    }
}

final class CLProgram: @unchecked Sendable {
    let handle: cl_program

    /// Compiles OpenCL C.
    init(_ context: CLContext, _ device: Device, source: String, options: String) throws(VireoError) {
        var status: cl_int = 0
        let made = source.withCString { text in
            var texts: [UnsafePointer<CChar>?] = [text]
            return clCreateProgramWithSource(context.handle, 1, &texts, nil, &status)
        }
        try check(status, "make a program")
        handle = made!
        var id: cl_device_id? = device.id
        status = clBuildProgram(handle, 1, &id, options, nil, nil)
        guard status != CL_SUCCESS else { return }
        let log = buildLog(device)
        throw VireoError(
            status == CL_BUILD_PROGRAM_FAILURE ? .internalError : .unavailable,
            "cannot build the kernels: \(statusName(status))" + (log.isEmpty ? "" : "\n\(log)"), in: [device.name])
    }

    /// Takes kernels that the same driver compiled before.
    /// - Throws: when the driver refuses them.
    init(
        _ context: CLContext, _ device: Device, binary: UnsafeRawBufferPointer, options: String
    ) throws(VireoError) {
        var id: cl_device_id? = device.id
        var byteCount = binary.count
        var bytes = binary.bindMemory(to: UInt8.self).baseAddress
        var binaryStatus: cl_int = 0
        var status: cl_int = 0
        let made = clCreateProgramWithBinary(context.handle, 1, &id, &byteCount, &bytes, &binaryStatus, &status)
        guard let made else {
            try check(status, "make a program from compiled kernels")
            throw VireoError(.internalError, "the driver made no program from compiled kernels")
        }
        handle = made
        status = clBuildProgram(handle, 1, &id, options, nil, nil)
        try check(status == CL_SUCCESS ? binaryStatus : status, "use compiled kernels")
    }

    deinit { clReleaseProgram(handle) }

    /// The kernels as the driver compiled them for the device, the only one of the program.
    func binary(of device: Device) throws(VireoError) -> [UInt8] {
        var count = 0
        try check(
            clGetProgramInfo(handle, cl_program_info(CL_PROGRAM_BINARY_SIZES), MemoryLayout<Int>.size, &count, nil),
            "ask for the size of compiled kernels")
        guard count > 0 else { throw VireoError(.unavailable, "\(device.name) does not hand out compiled kernels") }
        var bytes = [UInt8](repeating: 0, count: count)
        let status = bytes.withUnsafeMutableBufferPointer { buffer in
            var start = buffer.baseAddress
            let size = MemoryLayout<UnsafeMutablePointer<UInt8>?>.size
            return clGetProgramInfo(handle, cl_program_info(CL_PROGRAM_BINARIES), size, &start, nil)
        }
        try check(status, "read compiled kernels")
        return bytes
    }

    private func buildLog(_ device: Device) -> String {
        var count = 0
        let key = cl_program_build_info(CL_PROGRAM_BUILD_LOG)
        guard clGetProgramBuildInfo(handle, device.id, key, 0, nil, &count) == CL_SUCCESS, count > 0 else { return "" }
        var bytes = [UInt8](repeating: 0, count: count)
        clGetProgramBuildInfo(handle, device.id, key, count, &bytes, nil)
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// A kernel with arguments of its own. One thread at a time.
final class CLKernel {
    let handle: cl_kernel
    let name: String

    init(_ program: CLProgram, _ name: String) throws(VireoError) {
        var status: cl_int = 0
        let made = clCreateKernel(program.handle, name, &status)
        try check(status, "make the kernel \(name)")
        handle = made!
        self.name = name
    }

    deinit { clReleaseKernel(handle) }

    /// Sets a pointer; nil is the null pointer.
    func setArgument(_ index: Int, to memory: CLMemory?) throws(VireoError) {
        guard let memory else {
            let status = clSetKernelArg(handle, cl_uint(index), MemoryLayout<cl_mem?>.size, nil)
            return try check(status, "set argument \(index) of the kernel \(name)")
        }
        var object: cl_mem? = memory.handle
        let status = clSetKernelArg(handle, cl_uint(index), MemoryLayout<cl_mem?>.size, &object)
        try check(status, "set argument \(index) of the kernel \(name)")
    }

    /// Gives the kernel's work-groups `byteCount` bytes of local memory.
    func setArgument(_ index: Int, localByteCount byteCount: Int) throws(VireoError) {
        let status = clSetKernelArg(handle, cl_uint(index), byteCount, nil)
        try check(status, "set argument \(index) of the kernel \(name)")
    }

    /// Sets a number or a vector of numbers.
    func setArgument<Value: BitwiseCopyable>(_ index: Int, to value: Value) throws(VireoError) {
        var value = value
        let status = clSetKernelArg(handle, cl_uint(index), MemoryLayout<Value>.size, &value)
        try check(status, "set argument \(index) of the kernel \(name)")
    }
}
