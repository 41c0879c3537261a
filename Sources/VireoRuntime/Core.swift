import VireoIR
import VireoTensor

/// The entrance to the runtime: finds plugins and their devices, and compiles models for them.
///
/// ```swift
/// let core = try Core()
/// let compiled = try core.compile(model, device: "CPU")
/// let outputs = try compiled.makeRequest().run([image])
/// ```
public final class Core: Sendable {
    /// Every library that was tried, in the order of the search.
    public var plugins: [PluginReport] { attempts.map(\.report) }
    /// Every device that was found, by plugin in the order of the search.
    public var devices: [DeviceInfo] { found.map(\.info) }

    private let attempts: [Attempt]
    let found: [Device]
    let priorities = ModelPriorities()

    /// Looks for plugins and asks each which devices it has. A plugin that fails is reported in `plugins`, not thrown.
    /// - Parameters:
    ///   - searchPaths: folders, in which files named `libvireo_*.so` are plugins, and library files. When nil: those
    ///     of the environment variable `VIREO_PLUGIN_PATH` (separated by colons), then the executable's folder, then
    ///     `../lib/vireo` from there. The first library with a device name wins.
    ///   - logHandler: receives what plugins log, everything unless LOG_LEVEL says otherwise. Without one, errors go to
    ///     the standard error output, or what LOG_LEVEL says.
    /// - Throws: `inputOutput` when the executable's folder cannot be found.
    public convenience init(searchPaths: [String]? = nil, logHandler: LogHandler? = nil) throws {
        try self.init(searchPaths.map(PluginSearch.findings) ?? PluginSearch.defaultFindings(), logHandler)
    }

    /// An entrance that has looked for `device` only: libraries whose file names say that they are others
    /// (`libvireo_opencl.so` for OPENCL) are not loaded, which saves the time that they take. When there is no such
    /// device, one that has looked everywhere.
    /// - Throws: `inputOutput` when the executable's folder cannot be found.
    public static func looking(
        for device: String, logHandler: LogHandler? = nil
    ) throws -> Core {
        if let libraries = DeviceName.libraries(of: device) {
            let core = try Core(PluginSearch.defaultFindings(only: libraries), logHandler)
            if (try? core.resolve(device)) != nil { return core }
        }
        return try Core(logHandler: logHandler)
    }

    private init(_ findings: [PluginSearch.Finding], _ logHandler: LogHandler?) {
        var attempts: [Attempt] = []
        var found: [Device] = []
        for finding in findings {
            let attempt = Attempt(finding, after: attempts, logHandler)
            attempts.append(attempt)
            found += attempt.devices
        }
        self.attempts = attempts
        self.found = found
    }

    /// Makes a model ready to run. Nothing of the model is changed.
    ///
    /// Inputs with unknown dimensions are allowed: a variant is compiled for each combination of shapes when it is
    /// first given, and those used last are kept (`Property.dynamicShapeCacheSize`).
    /// - Parameters:
    ///   - device: what `Target` takes apart.
    ///   - properties: settings for this compilation.
    /// - Throws: `unsupported` for nodes that no device takes, with all of them named; `notFound` for an unknown
    ///   device; `invalidArgument` for an unknown property or a bad value.
    public func compile(
        _ model: Model, device: String = "CPU", properties: Configuration = [:]
    ) throws -> CompiledModel {
        let (name, configuration) = try properties.canonical().completing(device)
        let target = try target(for: Target(name))
        let known = try target.settableProperties()
        let unknown = configuration.values.keys.filter { !known.contains($0) }.sorted()
        guard unknown.isEmpty else {
            throw VireoError(
                .invalidArgument,
                "no property \(unknown.joined(separator: ", ")) can be set for a model on \(name)"
                    + UnavailableProperties.explanation(of: unknown),
                remedy: "the properties that can are " + known.sorted().joined(separator: ", "))
        }
        return try withContext("compiling \"\(model.name)\" for \(name)") {
            try CompiledModel(model, for: target, configuration)
        }
    }

    /// The library that `device` comes from.
    package func library(of device: String) throws -> PluginLibrary { try candidates(for: device)[0].library }

    /// Why there is no device of a library: what was tried under that name and failed.
    func refusals(of library: String) -> [String] {
        attempts.compactMap { attempt in
            guard case .refused(let reason) = attempt.outcome, attempt.isCalled(library) else { return nil }
            return "\(attempt.path): \(reason)"
        }
    }
}
