import COpenCL
import Synchronization
import VireoKernels
import VireoTensor

/// An open device: what all executables and buffers of a backend share.
final class DeviceSession: Sendable {
    let device: Device
    let context: CLContext
    /// For copies between host and device. Each run has a queue of its own.
    let transfers: CLQueue
    /// What was found out about the device's speed.
    let choices = Choices()
    private let built = Mutex<CLProgram?>(nil)

    init(_ device: Device) throws(VireoError) {
        self.device = device
        context = try CLContext(device)
        transfers = try CLQueue(context, device)
    }

    /// The one program that holds every kernel, built or taken from the cache when it is first asked for.
    func program(_ cache: DeviceCache? = nil) throws -> CLProgram {
        try built.withLock { built in
            if let built { return built }
            let source = DeviceSession.source()
            let options = "-cl-std=CL1.2 -cl-mad-enable -D LANES=\(device.lanes)"
            if let known = cache?.program(context, source: source, options: options) {
                built = known
                return known
            }
            let program = try CLProgram(context, device, source: source, options: options)
            cache?.store(program, source: source, options: options)
            built = program
            return program
        }
    }

    /// All kernels in one text, whose lines the compiler reports by file.
    private static func source() -> String {
        var count = 0
        let files = UnsafeBufferPointer(start: vireo_kernel_sources(&count), count: count)
        return files.map { "#line 1 \"\(String(cString: $0.name))\"\n\(String(cString: $0.source))" }.joined()
    }

    func allocate(byteCount: Int) throws(VireoError) -> CLMemory {
        try CLMemory(context, device, byteCount: byteCount)
    }

    /// Memory that `fill` has written.
    func memory<Element: BitwiseCopyable>(
        count: Int, of type: Element.Type, _ fill: (inout MutableSpan<Element>) -> Void
    ) throws(VireoError) -> CLMemory {
        guard let byteCount = ElementType.f32.byteCount(of: count) else {
            throw VireoError(.outOfMemory, "\(count) elements are more than memory can hold")
        }
        let memory = try allocate(byteCount: byteCount)
        try transfers.fill(memory, count: count, of: type, fill)
        return memory
    }
}
