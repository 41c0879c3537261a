import CDNNL
import VireoTensor

/// A tensor in memory: a layout and the address it is laid over. The memory itself belongs to somebody else.
final class Memory {
    let handle: dnnl_memory_t
    private let engine: Engine

    /// - Parameter address: nil when `bind` gives it later.
    init(_ descriptor: MemoryDescriptor, _ address: UnsafeMutableRawPointer?, _ engine: Engine) throws(VireoError) {
        var handle: dnnl_memory_t?
        var raw = descriptor.raw
        try check(dnnl_memory_create(&handle, &raw, engine.handle, address), "describing memory")
        self.handle = handle!
        self.engine = engine
    }

    deinit { dnnl_memory_destroy(handle) }

    func bind(to address: UnsafeMutableRawPointer) throws(VireoError) {
        try check(dnnl_memory_set_data_handle(handle, address), "binding memory")
    }
}
