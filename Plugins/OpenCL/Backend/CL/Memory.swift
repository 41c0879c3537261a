import COpenCL
import VireoTensor

/// Memory of a device, uninitialised.
final class CLMemory: @unchecked Sendable {
    let handle: cl_mem
    let byteCount: Int

    /// What is allocated beyond `byteCount`: kernels load whole vectors, the last of which may reach past the end.
    private static let slack = 64

    init(_ context: CLContext, _ device: Device, byteCount: Int) throws(VireoError) {
        guard byteCount <= device.largestAllocation - CLMemory.slack else {
            throw VireoError(
                .outOfMemory,
                "\(device.name) allocates at most \(device.largestAllocation) bytes, and \(byteCount) are needed",
                remedy: "use a smaller batch or model, or a device with more memory")
        }
        var status: cl_int = 0
        let flags = cl_mem_flags(CL_MEM_READ_WRITE)
        let made = clCreateBuffer(context.handle, flags, byteCount + CLMemory.slack, nil, &status)
        try check(status, "allocate \(byteCount) bytes on \(device.name)")
        handle = made!
        self.byteCount = byteCount
    }

    deinit { clReleaseMemObject(handle) }
}

/// A box of bytes moved from one memory to another: `rows` rows of `rowByteCount` bytes, each row a pitch after the
/// last.
struct CopyRectangle {
    let rowByteCount: Int
    let rows: Int
    var sourceOffset = 0
    let sourcePitch: Int
    var destinationOffset = 0
    let destinationPitch: Int
}
