import VireoIR
import VireoPluginKit
import VireoReference
import VireoTensor

/// Every operation in plain Swift, on the processor and without any library: complete before it is fast.
public final class ReferenceBackend: HostMemoryBackend {
    public static let name = "REFERENCE"
    public static let version = "1.0.0"
    public static let summary = "every operation in plain Swift, without a native library"

    public static func probe() throws -> [DeviceDescription] {
        [DeviceDescription(kind: .cpu, fullName: HostProcessor.name, architecture: HostProcessor.architecture)]
    }

    public let host: Host
    private let deviceProperties = DeviceProperties(
        readOnly: .processor().map {
            $0.name == "OPTIMIZATION_CAPABILITIES" ? Property($0.name, "\($0.value) DYNAMIC_SHAPES") : $0
        }, settings: Setting.processor)

    public init(device: Int, host: Host) throws {
        guard device == 0 else {
            throw VireoError(.invalidArgument, "\(Self.name) has one device, and no number \(device)")
        }
        self.host = host
    }

    public var properties: [Property] { deviceProperties.all }

    public func setProperty(_ name: String, to value: String) throws { try deviceProperties.set(name, to: value) }

    public func support(for graph: GraphView) -> [Verdict] {
        graph.nodes.map { node in
            do {
                _ = try Step(node, in: graph)
                return .yes
            } catch {
                return .no(reason: (error as? VireoError)?.message ?? "\(error)")
            }
        }
    }

    public func compile(_ graph: GraphView, properties: [String: String]) throws -> any PluginExecutable {
        let settings = try deviceProperties.settings(overriddenBy: properties)
        return try ReferenceExecutable(
            graph, threads: settings.requestedThreads ?? HostProcessor.availableCount,
            measuresTime: settings.measuresTime, host: host)
    }
}
