import CDNNL
import VireoTensor

/// oneDNN's CPU.
final class Engine: @unchecked Sendable {
    let handle: dnnl_engine_t

    init() throws(VireoError) {
        var handle: dnnl_engine_t?
        try check(dnnl_engine_create(&handle, dnnl_cpu, 0), "opening the CPU engine")
        self.handle = handle!
    }

    deinit { dnnl_engine_destroy(handle) }
}

/// An order of execution on an engine.
final class Stream {
    let handle: dnnl_stream_t
    private let engine: Engine

    init(_ engine: Engine) throws(VireoError) {
        var handle: dnnl_stream_t?
        try check(
            dnnl_stream_create(&handle, engine.handle, dnnl_stream_default_flags.rawValue), "opening a stream")
        self.handle = handle!
        self.engine = engine
    }

    deinit { dnnl_stream_destroy(handle) }

    func wait() throws(VireoError) { try check(dnnl_stream_wait(handle), "waiting for the stream") }
}

/// Runs `body` with `count` threads for oneDNN on the calling thread.
///
/// Kernels divide their work and size their scratch memory when they are made, so a plan is compiled and executed with
/// the same number.
func withThreads<Result>(_ count: Int, _ body: () throws -> Result) rethrows -> Result {
    let before = omp_get_max_threads()
    omp_set_num_threads(Int32(clamping: count))
    defer { omp_set_num_threads(before) }
    return try body()
}
