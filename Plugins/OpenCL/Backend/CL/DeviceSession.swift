import COpenCL
import Synchronization
import VireoPluginKit
import VireoTensor

/// An open device: what all executables and buffers of a backend share.
final class DeviceSession: Sendable {
    let device: Device
    let context: CLContext
    /// For copies between host and device. Each run has a queue of its own.
    let transfers: CLQueue
    let traffic = Traffic()
    /// What was found out about the device's speed.
    let choices = MeasuredChoices()
    private let built = Mutex<[KernelForm: Built]>([:])

    struct Built {
        let program: CLProgram
        let isFromCache: Bool
    }

    init(_ device: Device) throws(VireoError) {
        self.device = device
        context = try CLContext(device)
        transfers = try CLQueue(context, device, traffic)
    }

    /// The one program that holds every kernel of a form, built or taken from the cache when it is first asked for.
    func program(_ form: KernelForm, _ cache: DeviceCache?) throws -> Built {
        try built.withLock { built in
            if let known = built[form] { return known }
            let (source, options) = (form.source, form.options(for: device))
            let made: Built
            if let stored = cache?.program(context, source: source, options: options) {
                traffic.count(\.reusedPrograms)
                made = Built(program: stored, isFromCache: true)
            } else {
                traffic.count(\.compilations)
                made = Built(
                    program: try CLProgram(context, device, source: source, options: options), isFromCache: false)
                cache?.store(made.program, source: source, options: options)
            }
            built[form] = made
            return made
        }
    }

    func makeQueue(isProfiling: Bool = false) throws(VireoError) -> CLQueue {
        try CLQueue(context, device, traffic, isProfiling: isProfiling)
    }

    func allocate(byteCount: Int) throws(VireoError) -> CLMemory {
        traffic.count(\.allocations)
        return try CLMemory(context, device, byteCount: byteCount)
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

    /// The same numbers in f16, by a kernel of `program`.
    func narrowed(_ numbers: CLMemory, count: Int, by program: CLProgram, lanes: Int) throws(VireoError) -> CLMemory {
        let memory = try allocate(byteCount: count * KernelForm.Precision.f16.byteCount)
        let kernel = try CLKernel(program, "narrow")
        try kernel.setArgument(0, to: numbers)
        try kernel.setArgument(1, to: memory)
        try kernel.setArgument(2, to: Int32(clamping: count))
        _ = try transfers.launch(kernel, .vectors(count, of: lanes))
        try transfers.finish()
        return memory
    }
}
