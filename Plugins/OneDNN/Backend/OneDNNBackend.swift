import CDNNL
import VireoPluginKit
import VireoTensor

/// The CPU through oneDNN: blocked layouts that stay from layer to layer, with biases, sums and activations inside the
/// kernels that come before them.
public final class OneDNNBackend: HostMemoryBackend {
    public static let name = "ONEDNN"
    public static let version = "1.0.0"
    public static let summary = "CPU kernels of oneDNN \(libraryVersion)"

    private static let libraryVersion: String = {
        guard let version = dnnl_version()?.pointee else { return "of unknown version" }
        return "\(version.major).\(version.minor).\(version.patch)"
    }()

    public static func probe() throws -> [DeviceDescription] {
        guard dnnl_engine_get_count(dnnl_cpu) > 0 else {
            throw VireoError(.unavailable, "oneDNN \(libraryVersion) finds no CPU engine")
        }
        return [
            DeviceDescription(kind: .cpu, fullName: HostProcessor.name, architecture: HostProcessor.architecture)
        ]
    }

    public let host: Host
    private let engine: Engine
    private let deviceProperties = DeviceProperties(
        readOnly: precisionProperties,
        settings: precisionSettings + Setting.streams + Setting.cache + [pinning])

    private static let pinning = Setting.choice("ENABLE_CPU_PINNING", ["YES", "NO"], initial: "NO")

    public init(device: Int, host: Host) throws {
        guard device == 0 else {
            throw VireoError(.invalidArgument, "ONEDNN has one device, and no number \(device)")
        }
        self.host = host
        engine = try Engine()
    }

    public var properties: [Property] { deviceProperties.all }

    public func setProperty(_ name: String, to value: String) throws { try deviceProperties.set(name, to: value) }

    public func support(for graph: GraphView) -> [Verdict] {
        graph.nodes.map { node in
            do {
                _ = try lowering(of: node, in: graph)
                return .yes
            } catch {
                return .no(reason: reason(error))
            }
        }
    }

    private func reason(_ error: any Error) -> String {
        guard let error = error as? VireoError else { return "\(error)" }
        return (error.context + [error.message]).joined(separator: ": ")
    }

    public func compile(_ graph: GraphView, properties: [String: String]) throws -> any PluginExecutable {
        let settings = try deviceProperties.settings(overriddenBy: properties)
        let threads = settings.threadsOfStream
        let cache = PlanCache.Location(settings, library: "\(Self.name) \(Self.version), oneDNN \(Self.libraryVersion)")
        if let cache { MeasuredChoices.shared.load(from: cache, host) }
        let target = PlanTarget(
            engine: engine, host: host, threads: threads,
            options: PlanOptions(settings),
            cache: cache.flatMap { PlanCache(of: graph, settings, in: $0, threads: threads, host) })
        let plan = try PlanBuilder.plan(graph, for: target)
        if let cache { MeasuredChoices.shared.store(in: cache, host) }
        return OneDNNExecutable(
            plan, target, measuresTime: settings.measuresTime, bindsThreads: settings["ENABLE_CPU_PINNING"] == "YES")
    }
}
