import VireoPluginKit
import VireoTensor

/// What the cache folder keeps of one device: its kernels as the driver compiled them, and which ways of computing were
/// the fastest on it. Whatever goes wrong here is a warning, and the work is done again.
struct DeviceCache: Sendable {
    private let folder: CacheFolder
    private let byteLimit: Int
    private let device: Device
    private let host: Host

    /// Nil when there is to be no cache.
    init?(_ settings: SettingValues, _ device: Device, host: Host) {
        guard let path = settings["CACHE_DIR"], !path.isEmpty else { return nil }
        folder = CacheFolder(path: path)
        byteLimit = (settings["CACHE_SIZE_MIB"].flatMap { Int($0) } ?? 0) << 20
        self.device = device
        self.host = host
    }

    // MARK: - Kernels

    /// The program that was compiled from `source` with `options`, if it is there and the driver takes it.
    func program(_ context: CLContext, source: String, options: String) -> CLProgram? {
        warning("the compiled kernels in the cache are not used") {
            let key = key(source, options)
            guard let file = try folder.file("opencl-kernels-\(key)"), let binary = file.block(key) else { return nil }
            return try CLProgram(context, device, binary: binary, options: options)
        }
    }

    func store(_ program: CLProgram, source: String, options: String) {
        warning("the compiled kernels were not stored in the cache") {
            let key = key(source, options)
            try program.binary(of: device).withUnsafeBytes { binary in
                try folder.store(
                    CacheContents(fields: fields(kind: "kernels"), blocks: [(key, binary)]),
                    as: "opencl-kernels-\(key)", byteLimit: byteLimit)
            }
        }
    }

    private func key(_ source: String, _ options: String) -> Fingerprint {
        Fingerprint(of: [identity, Fingerprint(of: options), Fingerprint(of: source)])
    }

    // MARK: - Choices

    func load(_ choices: MeasuredChoices) {
        warning("the measured times in the cache are not used") { try choices.load(from: folder, file: choicesName) }
    }

    /// Stores what was measured since the last time.
    func store(_ choices: MeasuredChoices) {
        warning("the measured times were not stored in the cache") {
            try choices.store(
                in: folder, file: choicesName, fields: fields(kind: "choices"), byteLimit: byteLimit)
        }
    }

    private var choicesName: String { "opencl-choices-\(identity)" }

    // MARK: - What it is made for

    private var library: String { "\(OpenCLBackend.name) \(OpenCLBackend.version), \(device.architecture)" }
    private var identity: Fingerprint { Fingerprint(of: [Fingerprint(of: library), Fingerprint(of: device.name)]) }

    private func fields(kind: String) -> [(name: String, value: String)] {
        [("kind", kind), ("device", OpenCLBackend.name), ("label", device.name), ("library", library)]
    }

    private func warning<Result>(_ consequence: String, _ body: () throws -> Result?) -> Result? {
        do { return try body() } catch {
            host.log(.warning, "\(consequence): \(error)")
            return nil
        }
    }

    private func warning(_ consequence: String, _ body: () throws -> Void) {
        do { try body() } catch { host.log(.warning, "\(consequence): \(error)") }
    }
}
