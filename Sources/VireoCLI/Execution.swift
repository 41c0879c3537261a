import ArgumentParser
import Vireo

/// What `classify`, `infer` and `bench` share: a model, a device, and what to say about the run.
struct ExecutionOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: "An IR (.xml), a TensorFlow graph (.pb, .pbtxt, .meta) or the folder of a SavedModel.")
    var model: String

    @Option(
        name: .shortAndLong,
        help:
            """
            REFERENCE, OPENBLAS, ONEDNN, OPENCL.0, CPU (the best present), GPU, HETERO:A,B (a fallback per operation), MULTI:A,B \
            (requests spread), AUTO[:A,B] (the best that is ready) or BATCH:A(n).
            """
    )
    var device = "CPU"

    @Option(
        name: .customLong("config"), parsing: .upToNextOption,
        help: ArgumentHelp("Properties of the compilation, and JSON files of them.", valueName: "KEY=VALUE|FILE.json"))
    var settings: [String] = []

    @Flag(name: .customLong("no-fallback"), help: "Fail rather than use a device after the first of CPU or HETERO.")
    var noFallback = false

    @Flag(help: "Print which device runs each operation, and why others refused it.")
    var explain = false

    @OptionGroup var record: RecordFlags

    @Flag(help: "Print JSON.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Where to keep what makes the next start faster (default: VIREO_CACHE_DIR, or vireo in the user's cache folder).",
            valueName: "folder"))
    var cacheDir: String?

    @Flag(help: "Keep nothing for the next start.")
    var noCache = false

    /// What the options say about the compilation; later ones win.
    /// - Throws: `invalidArgument` for a setting without a value, and what reading a file throws.
    func configuration() throws -> Configuration {
        var configuration = Configuration()
        for setting in settings {
            let parts = setting.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 {
                configuration[parts[0]] = parts[1]
            } else if setting.hasSuffix(".json") {
                let file = try Configuration(jsonFile: setting, device: device)
                for (name, value) in file.values { configuration[name] = value }
            } else {
                throw VireoError(
                    .invalidArgument, "--config \(setting) gives no value",
                    remedy: "write KEY=VALUE, or the name of a .json file")
            }
        }
        if noFallback { configuration[.enableFallback] = false }
        if record.wantsCounters { configuration[.perfCount] = true }
        return configuration
    }

    /// - Parameter properties: settings beside those that the options ask for, which win.
    func compile(
        _ model: Model, on core: Core, properties: [String: String] = [:]
    ) throws -> CompiledModel {
        let given = properties.merging(try configuration().values) { $1 }
        let configuration = Configuration(given.merging(try cacheProperties(core)) { given, _ in given })
        return try core.compile(model, device: device, properties: configuration)
    }

    /// The folder that was named goes to the device whether it knows caches or not; the user's only to one that does.
    private func cacheProperties(_ core: Core) throws -> [String: String] {
        if noCache { return [:] }
        if let cacheDir { return ["CACHE_DIR": cacheDir] }
        guard let folder = CacheFolder.ofUser,
            try core.properties(of: device).contains(where: { $0.name == "CACHE_DIR" && $0.isMutable })
        else { return [:] }
        return ["CACHE_DIR": folder.path]
    }

    func printExplanation(_ compiled: CompiledModel) {
        guard explain else { return }
        Console.print(compiled.placement.description)
        Console.print()
    }
}
