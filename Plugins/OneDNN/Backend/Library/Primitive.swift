import CDNNL
import VireoTensor

/// A kernel that was chosen for a problem, with the layouts it wants.
final class PrimitiveDescriptor {
    fileprivate let handle: dnnl_primitive_desc_t
    fileprivate let engine: Engine

    private init(_ handle: dnnl_primitive_desc_t?, _ engine: Engine) {
        self.handle = handle!
        self.engine = engine
    }

    /// The kernel for an operation that a `dnnl_*_desc_init` function described.
    convenience init<Operation>(
        _ operation: Operation, _ postOperations: [PostOperation] = [], _ scaling: Scaling = Scaling(),
        on engine: Engine
    ) throws(VireoError) {
        let attributes = try PrimitiveAttributes(postOperations, scaling)
        var handle: dnnl_primitive_desc_t?
        let status = withUnsafePointer(to: operation) {
            dnnl_primitive_desc_create(&handle, UnsafeRawPointer($0), attributes.handle, engine.handle, nil)
        }
        try check(status, "the operation with these shapes and layouts")
        self.init(handle, engine)
    }

    /// A copy from one layout and type to another.
    static func reorder(
        from source: MemoryDescriptor, to destination: MemoryDescriptor, _ scaling: Scaling = Scaling(),
        on engine: Engine
    ) throws(VireoError) -> PrimitiveDescriptor {
        let attributes = try PrimitiveAttributes([], scaling)
        var (from, to) = (source.raw, destination.raw)
        var handle: dnnl_primitive_desc_t?
        try check(
            dnnl_reorder_primitive_desc_create(
                &handle, &from, engine.handle, &to, engine.handle, attributes.handle),
            "reordering \(source.dimensions)")
        return PrimitiveDescriptor(handle, engine)
    }

    /// Tensors side by side along `axis`, in a layout of oneDNN's choice.
    static func concatenation(
        of sources: [MemoryDescriptor], axis: Int, on engine: Engine
    ) throws(VireoError) -> PrimitiveDescriptor {
        let attributes = try PrimitiveAttributes()
        var handle: dnnl_primitive_desc_t?
        try check(
            dnnl_concat_primitive_desc_create(
                &handle, nil, Int32(sources.count), Int32(axis), sources.map(\.raw), attributes.handle,
                engine.handle), "concatenating \(sources.map(\.dimensions)) along axis \(axis)")
        return PrimitiveDescriptor(handle, engine)
    }

    deinit { dnnl_primitive_desc_destroy(handle) }

    var source: MemoryDescriptor { descriptor(dnnl_query_src_md) }
    var weights: MemoryDescriptor { descriptor(dnnl_query_weights_md) }
    var destination: MemoryDescriptor { descriptor(dnnl_query_dst_md) }

    /// Nil when the kernel needs no scratch memory.
    var scratchpad: MemoryDescriptor? {
        let scratchpad = descriptor(dnnl_query_scratchpad_md)
        return scratchpad.byteCount > 0 ? scratchpad : nil
    }

    func descriptor(_ what: dnnl_query_t, _ index: Int = 0) -> MemoryDescriptor {
        MemoryDescriptor(
            dnnl_primitive_desc_query_md(handle, what, Int32(index))?.pointee ?? dnnl_memory_desc_t())
    }

    /// The kernel's name, such as "brgconv:avx512_core".
    var implementation: String {
        var name: UnsafePointer<CChar>?
        guard dnnl_primitive_desc_query(handle, dnnl_query_impl_info_str, 0, &name) == dnnl_success, let name else {
            return "unknown"
        }
        return String(cString: name)
    }

    /// The kernel's name with the element type that it reads, and the one that it writes where that is another:
    /// "brgconv:avx512_core_vnni_u8_f32".
    var nameWithPrecision: String {
        let (read, written) = (source.type, destination.type)
        let name = implementation.hasSuffix("_\(read)") ? implementation : "\(implementation)_\(read)"
        return read == written ? name : "\(name)_\(written)"
    }

    /// Whether this is oneDNN's plain loop, up to a thousand times slower than a real kernel.
    var isReference: Bool { implementation.hasPrefix("ref") }
}

/// A kernel ready to run, from any thread.
final class Primitive: @unchecked Sendable {
    private let handle: dnnl_primitive_t
    private let engine: Engine

    init(_ descriptor: PrimitiveDescriptor) throws(VireoError) {
        var handle: dnnl_primitive_t?
        try check(dnnl_primitive_create(&handle, descriptor.handle), "making the primitive")
        self.handle = handle!
        engine = descriptor.engine
    }

    deinit { dnnl_primitive_destroy(handle) }

    func execute(_ arguments: UnsafeBufferPointer<dnnl_exec_arg_t>, on stream: Stream) throws(VireoError) {
        try check(
            dnnl_primitive_execute(handle, stream.handle, Int32(arguments.count), arguments.baseAddress),
            "executing the primitive")
    }
}
