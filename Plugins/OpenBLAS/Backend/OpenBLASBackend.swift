import VireoPluginKit
import VireoTensor

/// The processor through OpenBLAS: convolutions and matrix products as `sgemm`, everything around them in Swift.
public final class OpenBLASBackend: HostMemoryBackend {
    public static let name = "OPENBLAS"
    public static let version = "1.0.0"
    public static let summary = "processor backend on OpenBLAS (cblas_sgemm), single precision"

    public let host: Host
    private let blas: OpenBLASLibrary
    private let deviceProperties: DeviceProperties

    public static func probe() throws -> [DeviceDescription] {
        let library = try OpenBLASLibrary.loaded.get()
        return [
            DeviceDescription(
                kind: .cpu, fullName: HostProcessor.name,
                architecture: "\(HostProcessor.architecture) (OpenBLAS \(library.coreName))")
        ]
    }

    public init(device: Int, host: Host) throws {
        guard device == 0 else {
            throw VireoError(.invalidArgument, "\(OpenBLASBackend.name) has one device, no number \(device)")
        }
        blas = try OpenBLASLibrary.loaded.get()
        self.host = host
        deviceProperties = DeviceProperties(
            readOnly: .processor(note: "OpenBLAS \(blas.coreName)"), settings: Setting.processor)
    }

    public var properties: [Property] { deviceProperties.all }

    public func setProperty(_ name: String, to value: String) throws { try deviceProperties.set(name, to: value) }

    public func support(for graph: GraphView) -> [Verdict] {
        graph.nodes.map { node in
            do throws(VireoError) {
                _ = try kernel(for: node, in: graph)
                return .yes
            } catch {
                return .no(reason: error.message)
            }
        }
    }

    public func compile(_ graph: GraphView, properties: [String: String]) throws -> any PluginExecutable {
        let settings = try deviceProperties.settings(overriddenBy: properties)
        return try Executable(
            graph, threads: OpenBLASBackend.threads(settings), isProfiled: settings.measuresTime,
            allowsLessAccuracy: settings["EXECUTION_MODE_HINT"] == "PERFORMANCE", blas: blas, host: host)
    }

    /// Threads of one request. When throughput is wanted, requests run side by side on one thread each.
    private static func threads(_ settings: SettingValues) -> Int {
        let cores = HostProcessor.availableCount
        return settings.requestedThreads.map { min($0, cores) } ?? (settings.wantsThroughput ? 1 : cores)
    }
}
