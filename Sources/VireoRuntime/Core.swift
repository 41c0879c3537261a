import Glibc
import Synchronization
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

    /// Looks for plugins and asks each which devices it has. A plugin that fails is reported in `plugins`, not thrown.
    /// - Parameters:
    ///   - searchPaths: folders, in which files named `libvireo_*.so` are plugins, and library files. When nil: those of the
    ///     environment variable `VIREO_PLUGIN_PATH` (separated by colons), then the executable's folder, then
    ///     `../lib/vireo` from there. The first library with a device name wins.
    ///   - logHandler: receives what plugins log; errors go to the standard error output unless one is given.
    /// - Throws: `inputOutput` when the executable's folder cannot be found.
    public init(searchPaths: [String]? = nil, logHandler: @escaping LogHandler = Core.logErrors) throws {
        let findings = try searchPaths.map(PluginSearch.findings) ?? PluginSearch.defaultFindings()
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

    /// Writes errors to the standard error output and drops everything else.
    public static let logErrors: LogHandler = { level, plugin, message in
        guard level == .error else { return }
        let line = "[ ERROR ] \(plugin): \(message)\n"
        _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    }

    /// Makes a model ready to run. Nothing of the model is changed.
    /// - Parameters:
    ///   - device: what `resolve` takes.
    ///   - properties: settings for this compilation, by name.
    /// - Throws: `unsupported` for a model with unknown shapes or nodes that no device takes, with all of them named;
    ///   `notFound` for an unknown device; `invalidArgument` for an unknown property.
    public func compile(
        _ model: Model, device: String = "CPU", properties: [String: String] = [:]
    ) throws -> CompiledModel {
        let candidates = try candidates(for: device)
        return try withContext("compiling \"\(model.name)\" for \(device)") {
            try CompiledModel(model, candidates: candidates, properties: properties)
        }
    }

    /// The properties of a device; of the first when the name stands for several.
    /// - Throws: `notFound` for an unknown device.
    public func properties(of device: String) throws -> [DeviceProperty] {
        try candidates(for: device)[0].backend().properties()
    }

    /// Changes a property of a device; of the first when the name stands for several.
    /// - Throws: `notFound` for an unknown device; `invalidArgument` for an unknown or read-only property or a bad value.
    public func setProperty(_ name: String, to value: String, of device: String) throws {
        try candidates(for: device)[0].backend().setProperty(name, to: value)
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
