import VireoPluginKit
import VireoTensor

/// Runs graphs on an OpenCL 1.2 device. The device number d is the d-th that `probe` lists.
public final class OpenCLBackend: PluginBackend {
    public static let name = "OPENCL"
    public static let version = "1.0.0"
    public static let summary = "GPUs and other devices that have an OpenCL 1.2 driver"

    private let host: Host
    private let session: DeviceSession
    private let deviceProperties: DeviceProperties

    public static func probe() throws -> [DeviceDescription] {
        try Device.all().map {
            DeviceDescription(kind: $0.kind, fullName: $0.name, architecture: $0.architecture)
        }
    }

    public init(device: Int, host: Host) throws {
        let devices = try Device.all()
        guard devices.indices.contains(device) else {
            throw VireoError(.invalidArgument, "there are \(devices.count) OpenCL devices, and no number \(device)")
        }
        self.host = host
        session = try DeviceSession(devices[device])
        deviceProperties = DeviceProperties(
            readOnly: session.device.properties(number: device),
            settings: PlanOptions.replacingPrecision(in: Setting.common) + Setting.cache + PlanOptions.settings)
    }

    /// What the device was asked to do so far.
    package var traffic: TrafficCounts { session.traffic.current }

    public var properties: [Property] { deviceProperties.all }

    public func setProperty(_ name: String, to value: String) throws { try deviceProperties.set(name, to: value) }

    public func support(for graph: GraphView) -> [Verdict] {
        graph.nodes.map { node in
            do throws(VireoError) {
                _ = try operation(for: node, in: graph)
                return session.device.kind == .gpu ? .preferred : .yes
            } catch {
                return .no(reason: error.message)
            }
        }
    }

    public func compile(_ graph: GraphView, properties: [String: String]) throws -> any PluginExecutable {
        let settings = try deviceProperties.settings(overriddenBy: properties)
        return try OpenCLExecutable(
            graph, on: session, PlanOptions(settings),
            cache: DeviceCache(settings, session.device, host: host), isProfiling: settings.measuresTime)
    }

    public func makeBuffer(_ elementType: ElementType, _ shape: Shape) throws -> DeviceBuffer {
        try OpenCLBuffer(elementType, shape, on: session)
    }

    public func importBuffer(
        _ elementType: ElementType, _ shape: Shape, data: UnsafeMutableRawBufferPointer, keepsMemory: Bool
    ) throws -> DeviceBuffer {
        let buffer = try OpenCLBuffer(elementType, shape, on: session)
        try session.transfers.write(UnsafeRawBufferPointer(data), to: buffer.memory)
        return buffer
    }
}
