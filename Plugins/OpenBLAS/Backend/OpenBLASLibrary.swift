import COpenBLAS
import Glibc
import Synchronization
import VireoPluginKit
import VireoTensor

/// OpenBLAS, opened when the plugin is probed rather than linked: its kernels are selected while it loads, and a
/// machine that lacks it is told so.
package struct OpenBLASLibrary: Sendable {
    /// Loaded once for the process.
    static let loaded: Result<OpenBLASLibrary, VireoError> = Result { () throws(VireoError) in try OpenBLASLibrary() }

    /// The kernels in use, in OpenBLAS's words: "SkylakeX", "Haswell".
    let coreName: String

    private let sgemm: copenblas_sgemm
    private let sgemv: copenblas_sgemv

    /// - Throws: `unavailable` when there is no such library, or it is another one.
    package init(fileName: String = "libopenblas.so.0") throws(VireoError) {
        let handle = OpenBLASLibrary.withSettings { dlopen(fileName, RTLD_NOW | RTLD_LOCAL) }
        guard let handle else {
            throw VireoError(
                .unavailable, "cannot load \(fileName): \(String(cString: dlerror()))",
                remedy: "install OpenBLAS (package libopenblas0 on Debian and Ubuntu)")
        }
        func symbol(_ name: String) throws(VireoError) -> UnsafeMutableRawPointer {
            guard let address = dlsym(handle, name) else {
                throw VireoError(.unavailable, "\(fileName) has no function \(name)")
            }
            return address
        }
        sgemm = unsafeBitCast(try symbol("cblas_sgemm"), to: copenblas_sgemm.self)
        sgemv = unsafeBitCast(try symbol("cblas_sgemv"), to: copenblas_sgemv.self)
        let setThreads = unsafeBitCast(
            try symbol("openblas_set_num_threads"), to: copenblas_set_num_threads.self)
        let coreName = unsafeBitCast(try symbol("openblas_get_corename"), to: copenblas_get_corename.self)
        // The plugin divides the work itself, so that executables may differ in threads and run side by side.
        setThreads(1)
        self.coreName = coreName().map { String(cString: $0) } ?? "unknown"
    }

    /// Runs `load` with the environment variables that OpenBLAS reads while it loads, unless the user set them.
    private static func withSettings<Value>(_ load: () -> Value) -> Value {
        var settings = ["OPENBLAS_NUM_THREADS": "1"]
        // Releases older than a processor take it for its ancestor, with half the vector width.
        if HostProcessor.has("avx512f"), HostProcessor.has("avx512bw") { settings["OPENBLAS_CORETYPE"] = "SKYLAKEX" }
        return environment.withLock { _ in
            let missing = settings.filter { getenv($0.key) == nil }
            for (name, value) in missing { setenv(name, value, 1) }
            defer { for name in missing.keys { unsetenv(name) } }
            return load()
        }
    }

    /// Held while the environment is not the user's.
    private static let environment = Mutex<Void>(())

    /// A matrix in row-major order whose rows start `stride` elements apart.
    struct Matrix {
        let elements: UnsafePointer<Float>
        let stride: Int
        let isTransposed: Bool

        init(_ elements: UnsafePointer<Float>, stride: Int, isTransposed: Bool = false) {
            self.elements = elements
            self.stride = stride
            self.isTransposed = isTransposed
        }
    }

    /// `c = a b`: `a` is rows x depth and `b` is depth x columns after their transpositions.
    func multiply(
        _ a: Matrix, _ b: Matrix, into c: UnsafeMutablePointer<Float>, stride: Int, rows: Int, columns: Int, depth: Int
    ) {
        sgemm(
            CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
            Int32(rows), Int32(columns), Int32(depth), 1, a.elements, Int32(a.stride), b.elements, Int32(b.stride), 0,
            c,
            Int32(stride))
    }

    /// `c = a b` for a vector `a` of `depth` elements; `b` is depth x columns after its transposition.
    func multiply(
        vector a: UnsafePointer<Float>, _ b: Matrix, into c: UnsafeMutablePointer<Float>, columns: Int, depth: Int
    ) {
        let (rows, width) = b.isTransposed ? (columns, depth) : (depth, columns)
        sgemv(
            CblasRowMajor, b.isTransposed ? CblasNoTrans : CblasTrans, Int32(rows), Int32(width), 1, b.elements,
            Int32(b.stride), a, 1, 0, c, 1)
    }
}
