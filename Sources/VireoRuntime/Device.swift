import Synchronization
import VireoTensor

/// A device that a plugin found.
public struct DeviceInfo: Sendable, Hashable {
    public enum Kind: Int32, Sendable {
        case cpu = 1
        case gpu = 2
        case other = 3
    }

    /// What people write after `-d`: "REFERENCE", "OPENCL.0".
    public let name: String
    public let kind: Kind
    /// "AMD EPYC 9354"
    public let fullName: String
    /// "x86_64 avx512_core_bf16"
    public let architecture: String
    /// Whether the device computes in the host's memory, so that tensors are not copied to it.
    public let usesHostMemory: Bool

    /// The library's part of the name: "OPENCL" of "OPENCL.0".
    public var plugin: String { String(name.prefix { $0 != "." }) }
}

/// A setting or a fact of a device, as text.
public struct DeviceProperty: Sendable, Hashable {
    public let name: String
    public let value: String
    public let isMutable: Bool
}

/// A device with its backend, which is made when somebody first needs it.
final class Device: Sendable {
    let info: DeviceInfo
    let library: PluginLibrary
    private let index: Int
    let log: PluginLog
    private let made = Mutex<Backend?>(nil)

    init(_ info: DeviceInfo, library: PluginLibrary, index: Int, log: PluginLog) {
        self.info = info
        self.library = library
        self.index = index
        self.log = log
    }

    /// Whether people mean this device, or its kind, when they write `name`.
    func isCalled(_ name: String) -> Bool {
        info.name == name || info.plugin == name || name == "CPU" && info.kind == .cpu
            || name == "GPU" && info.kind == .gpu
    }

    func backend() throws -> Backend {
        try made.withLock { made in
            if let made { return made }
            let backend = try Backend(info, library: library, index: index, log: log)
            made = backend
            return backend
        }
    }
}

/// What libraries and devices are called.
enum DeviceName {
    /// Names with a meaning of their own, which no plugin may take.
    static let reserved: Set<String> = ["CPU", "GPU", "AUTO", "HETERO", "MULTI", "BATCH"]

    /// The CPU backends, best first.
    static let processorBackends = ["ONEDNN", "OPENBLAS", "REFERENCE"]

    /// The name of device `index` of a library with `count` devices. OPENCL is numbered even when it has one, because
    /// how many there are depends on the machine.
    static func name(_ library: String, _ index: Int, of count: Int) -> String {
        count > 1 || library == "OPENCL" ? "\(library).\(index)" : library
    }

    /// The libraries that a device's name may mean; nil when it may mean any.
    static func libraries(of device: String) -> [String]? {
        let parts = device.uppercased().split(separator: ":", maxSplits: 1)
        guard let first = parts.first.map(String.init) else { return nil }
        switch first {
        case "CPU": return processorBackends
        case "GPU": return ["OPENCL"]
        case "HETERO" where parts.count == 2:
            let members = parts[1].split(separator: ",").map { libraries(of: String($0)) }
            return members.contains { $0 == nil } ? nil : members.flatMap { $0 ?? [] }
        default: return reserved.contains(first) ? nil : [String(first.prefix { $0 != "." })]
        }
    }
}
