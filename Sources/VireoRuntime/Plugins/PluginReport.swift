import VireoTensor

/// What became of one library that was tried.
public struct PluginReport: Sendable {
    public enum Outcome: Sendable, Equatable {
        case loaded(name: String, version: String, description: String, deviceCount: Int)
        case refused(reason: String)
    }

    public let path: String
    public let outcome: Outcome
    /// What a loaded plugin did wrong without harm to others.
    public let warnings: [String]
}

extension PluginReport.Outcome: CustomStringConvertible {
    /// "ONEDNN 1.0.0, 1 device: CPU kernels of oneDNN", or why there is none.
    public var description: String {
        switch self {
        case .loaded(let name, let version, let description, let deviceCount):
            "\(name) \(version), \(deviceCount) device\(deviceCount == 1 ? "" : "s"): \(description)"
        case .refused(let reason): "not used: \(reason)"
        }
    }
}

/// One library that was tried, and what came of it.
struct Attempt: Sendable {
    let path: String
    let outcome: PluginReport.Outcome
    let devices: [Device]
    private let library: PluginLibrary?
    private let log: PluginLog?

    var report: PluginReport {
        PluginReport(path: path, outcome: outcome, warnings: library?.warnings ?? [])
    }

    /// - Parameter earlier: attempts whose devices keep their names.
    init(_ finding: PluginSearch.Finding, after earlier: [Attempt], _ logHandler: LogHandler?) {
        switch finding {
        case .nothing(let path, let reason):
            self.init(path, refused: reason)
        case .library(let path):
            var library: PluginLibrary?
            do {
                let loaded = try PluginLoader.load(path)
                library = loaded
                if let winner = earlier.first(where: { $0.library?.name == loaded.name && !$0.devices.isEmpty }) {
                    self.init(path, refused: "shadowed: \(loaded.name) was found before in \(winner.path)", loaded)
                } else {
                    try self.init(loaded, at: path, logHandler)
                }
            } catch {
                self.init(path, refused: Attempt.reason(error), library)
            }
        }
    }

    private init(_ path: String, refused reason: String, _ library: PluginLibrary? = nil) {
        self.path = path
        self.library = library
        outcome = .refused(reason: reason)
        devices = []
        log = nil
    }

    private init(_ library: PluginLibrary, at path: String, _ logHandler: LogHandler?) throws {
        let log = PluginLog(plugin: path, handler: logHandler)
        library.host.attach(log)
        let descriptions = try library.probe()
        devices = descriptions.enumerated().map { index, description in
            let info = DeviceInfo(
                name: DeviceName.name(library.name, index, of: descriptions.count), kind: description.kind,
                fullName: description.fullName, architecture: description.architecture,
                usesHostMemory: description.usesHostMemory)
            return Device(info, library: library, index: index, log: log)
        }
        outcome = .loaded(
            name: library.name, version: library.version, description: library.summary,
            deviceCount: descriptions.count)
        self.path = path
        self.library = library
        self.log = log
    }

    /// Whether this would have been the library `name`: by what it says, or else by its file.
    func isCalled(_ name: String) -> Bool {
        if let library { return library.name == name }
        return path.hasSuffix("/libvireo_\(name.lowercased()).so")
    }

    /// The error without its outermost place, which the report shows as the path.
    private static func reason(_ error: any Error) -> String {
        guard let error = error as? VireoError else { return "\(error)" }
        let places = error.context.filter { !$0.hasPrefix("loading ") }
        return ([error.message] + places.map { "in \($0)" } + (error.remedy.map { ["try: \($0)"] } ?? []))
            .joined(separator: "; ")
    }
}
