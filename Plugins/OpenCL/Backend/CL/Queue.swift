import COpenCL
import VireoTensor

/// An in-order command queue.
final class CLQueue: @unchecked Sendable {
    let handle: cl_command_queue
    private let isProfiling: Bool
    private let traffic: Traffic

    init(
        _ context: CLContext, _ device: Device, _ traffic: Traffic, isProfiling: Bool = false
    ) throws(VireoError) {
        var status: cl_int = 0
        let flags = isProfiling ? cl_command_queue_properties(CL_QUEUE_PROFILING_ENABLE) : 0
        let made = clCreateCommandQueue(context.handle, device.id, flags, &status)
        try check(status, "make a command queue on \(device.name)")
        handle = made!
        self.isProfiling = isProfiling
        self.traffic = traffic
    }

    deinit { clReleaseCommandQueue(handle) }

    /// Waits until every command is done.
    func finish() throws(VireoError) { try check(clFinish(handle), "finish the commands of a queue") }

    /// Copies `bytes` to the front of `memory` before it returns.
    func write(_ bytes: UnsafeRawBufferPointer, to memory: CLMemory) throws(VireoError) {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        traffic.count(\.uploads)
        let status = clEnqueueWriteBuffer(handle, memory.handle, cl_bool(1), 0, bytes.count, base, 0, nil, nil)
        try check(status, "copy \(bytes.count) bytes to the device")
    }

    /// Copies the first `byteCount` bytes of `memory` before it returns.
    func read(_ memory: CLMemory, byteCount: Int, into destination: UnsafeMutableRawPointer) throws(VireoError) {
        guard byteCount > 0 else { return }
        traffic.count(\.downloads)
        let status = clEnqueueReadBuffer(handle, memory.handle, cl_bool(1), 0, byteCount, destination, 0, nil, nil)
        try check(status, "copy \(byteCount) bytes from the device")
    }

    /// Lets `fill` write `count` elements into `memory`, in place where the device shares the host's memory.
    func fill<Element: BitwiseCopyable>(
        _ memory: CLMemory, count: Int, of type: Element.Type, _ fill: (inout MutableSpan<Element>) -> Void
    ) throws(VireoError) {
        traffic.count(\.uploads)
        var status: cl_int = 0
        let byteCount = count * MemoryLayout<Element>.stride
        let flags = cl_map_flags(CL_MAP_WRITE_INVALIDATE_REGION)
        let mapped = clEnqueueMapBuffer(
            handle, memory.handle, cl_bool(1), flags, 0, byteCount, 0, nil, nil, &status)
        try check(status, "map \(byteCount) bytes of the device")
        let elements = UnsafeMutableBufferPointer(start: mapped!.bindMemory(to: type, capacity: count), count: count)
        var span = elements.mutableSpan
        fill(&span)
        try check(clEnqueueUnmapMemObject(handle, memory.handle, mapped, 0, nil, nil), "unmap memory of the device")
        try finish()
    }

    /// Starts to fill `memory` with zeros.
    func clear(_ memory: CLMemory) throws(VireoError) {
        var zero: UInt8 = 0
        let status = clEnqueueFillBuffer(handle, memory.handle, &zero, 1, 0, memory.byteCount, 0, nil, nil)
        try check(status, "clear \(memory.byteCount) bytes of the device")
    }

    /// Starts a kernel whose arguments are set.
    /// - Returns: the event to measure it by, on a profiling queue.
    func launch(_ kernel: CLKernel, _ size: WorkSize) throws(VireoError) -> CLEvent? {
        traffic.count(\.launches)
        var global = size.global
        var local = size.local
        return try measured { event in
            let dimensions = cl_uint(global.count)
            return clEnqueueNDRangeKernel(handle, kernel.handle, dimensions, nil, &global, &local, 0, nil, event)
        } describedBy: {
            "run the kernel \(kernel.name) on \(size.global) work-items in groups of \(size.local)"
        }
    }

    /// Starts a copy.
    /// - Returns: the event to measure it by, on a profiling queue.
    func copy(_ box: CopyRectangle, from source: CLMemory, to destination: CLMemory) throws(VireoError) -> CLEvent? {
        traffic.count(\.copies)
        var sourceOrigin = [box.sourceOffset, 0, 0]
        var destinationOrigin = [box.destinationOffset, 0, 0]
        var region = [box.rowByteCount, box.rows, 1]
        return try measured { event in
            clEnqueueCopyBufferRect(
                handle, source.handle, destination.handle, &sourceOrigin, &destinationOrigin, &region, box.sourcePitch,
                0, box.destinationPitch, 0, 0, nil, event)
        } describedBy: {
            "copy \(box.rows) rows of \(box.rowByteCount) bytes"
        }
    }

    /// Starts a command, with an event on a profiling queue.
    private func measured(
        _ start: (UnsafeMutablePointer<cl_event?>?) -> cl_int, describedBy action: () -> String
    ) throws(VireoError) -> CLEvent? {
        guard isProfiling else {
            try check(start(nil), action())
            return nil
        }
        var event: cl_event?
        try check(start(&event), action())
        return event.map(CLEvent.init)
    }
}

/// How many work-items a kernel gets, and in groups of which size. Local sizes come from a small fixed set, because
/// drivers compile a kernel anew for each.
struct WorkSize: Equatable {
    let global: [Int]
    let local: [Int]

    static let largestGroup = 64

    /// At least `items` in each dimension, rounded up to whole groups.
    init(_ items: [Int], local: [Int]) {
        self.local = local
        global = zip(items, local).map { ($0 + $1 - 1) / $1 * $1 }
    }

    /// One work-item an element.
    static func flat(_ count: Int) -> WorkSize { WorkSize([count], local: [64]) }

    /// One work-item for as many elements as the kernels' vectors hold.
    static func vectors(_ count: Int, of lanes: Int) -> WorkSize { flat((count - 1) / lanes + 1) }

    /// The same along the rows of `outer` matrices.
    static func rows(_ columns: Int, _ rows: Int, _ outer: Int, of lanes: Int) -> WorkSize {
        WorkSize([(columns - 1) / lanes + 1, rows, outer], local: [4, 16, 1])
    }

    /// One work-item an element of a tensor of eight dimensions, for kernels that take the last two apart.
    static func strided(_ dims: [Int]) -> WorkSize {
        let items = [dims[7], dims[6], dims[..<6].reduce(1, *)]
        return WorkSize(items, local: dims[7] >= 32 ? [64, 1, 1] : [8, 8, 1])
    }
}
