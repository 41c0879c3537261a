import VireoTensor

/// One device that a plugin found.
public struct DeviceDescription: Sendable {
    public enum Kind: Int32, Sendable {
        case cpu = 1
        case gpu = 2
        case other = 3
    }

    public let kind: Kind
    public let fullName: String
    public let architecture: String

    public init(kind: Kind, fullName: String, architecture: String) {
        self.kind = kind
        self.fullName = fullName
        self.architecture = architecture
    }
}

/// Whether a backend takes a node, and why not.
public enum Verdict: Sendable, Equatable {
    case no(reason: String)
    case yes
    case preferred
}

/// A property of a device, as text: "NUM_STREAMS" : "1".
public struct Property: Sendable {
    public let name: String
    public let value: String
    public let isMutable: Bool

    public init(_ name: String, _ value: String, isMutable: Bool = false) {
        self.name = name
        self.value = value
        self.isMutable = isMutable
    }
}

/// What a node did in the last run.
public struct ProfileRow: Sendable {
    public enum Status: Int32, Sendable {
        case notRun = 0
        case optimizedOut = 1
        case executed = 2
    }

    public let nodeName: String
    public let opType: String
    /// Which kernel ran: "brgconv_avx512_core", "sgemm".
    public let execType: String
    public let status: Status
    public let realMicroseconds: Int
    public let cpuMicroseconds: Int

    public init(
        nodeName: String, opType: String, execType: String, status: Status = .executed, realMicroseconds: Int,
        cpuMicroseconds: Int? = nil
    ) {
        self.nodeName = nodeName
        self.opType = opType
        self.execType = execType
        self.status = status
        self.realMicroseconds = realMicroseconds
        self.cpuMicroseconds = cpuMicroseconds ?? realMicroseconds
    }
}

/// A backend: one device that compiles graphs. Everything here may be called from any thread.
public protocol PluginBackend: AnyObject, Sendable {
    /// The device name, in capitals: "ONEDNN".
    static var name: String { get }
    static var version: String { get }
    /// One line: what it is and on which library it stands.
    static var summary: String { get }

    /// The devices that are there now.
    /// - Throws: `unavailable` with the reason when the plugin cannot work on this machine.
    static func probe() throws -> [DeviceDescription]

    init(device: Int, host: Host) throws

    var properties: [Property] { get }
    /// - Throws: `invalidArgument` for an unknown name, a read-only property or a bad value, with what is valid.
    func setProperty(_ name: String, to value: String) throws

    /// One verdict for each node, each node judged by itself.
    func support(for graph: GraphView) -> [Verdict]
    /// - Parameter properties: settings for this compilation, by name.
    func compile(_ graph: GraphView, properties: [String: String]) throws -> any PluginExecutable

    func makeBuffer(_ elementType: ElementType, _ shape: Shape) throws -> DeviceBuffer
    /// A buffer with the contents of `data`. With `keepsMemory` the data outlives the buffer and need not be copied.
    func importBuffer(
        _ elementType: ElementType, _ shape: Shape, data: UnsafeMutableRawBufferPointer, keepsMemory: Bool
    ) throws -> DeviceBuffer
}

/// A compiled graph, immutable and shared by its contexts.
public protocol PluginExecutable: AnyObject, Sendable {
    func makeContext() throws -> any PluginContext
    /// Whether compiling found in the folder CACHE_DIR everything that it would have stored there.
    var isLoadedFromCache: Bool { get }
}

extension PluginExecutable {
    /// Without a cache nothing is.
    public var isLoadedFromCache: Bool { false }
}

/// The state of one run at a time.
public protocol PluginContext: AnyObject {
    /// Computes the graph's outputs. Where `outputs[i]` is nil a buffer is made and put there.
    func execute(inputs: [DeviceBuffer], outputs: inout [DeviceBuffer?]) throws
    /// Rows about the last run; empty when PERF_COUNT is off.
    var profile: [ProfileRow] { get }
    /// Called before each `execute`, on its thread: what `cancel` asked for until now is forgotten.
    func prepare()
    /// Called from another thread: the `execute` that is under way, or that the context is prepared for, may end early by
    /// throwing `cancelled`.
    func cancel()
}

extension PluginContext {
    public func prepare() {}
    /// Lets the run go on to its end.
    public func cancel() {}
}

/// Memory of a device that holds one tensor. Backends whose memory is not the host's subclass it.
open class DeviceBuffer {
    public let elementType: ElementType
    public let shape: Shape
    public let byteCount: Int
    /// Kept for `buffer_info`, whose dims live as long as the buffer.
    let dims: UnsafeMutableBufferPointer<Int64>
    var onDestroy: (() -> Void)?

    public init(_ elementType: ElementType, _ shape: Shape) throws(VireoError) {
        guard let byteCount = elementType.byteCount(of: shape.elementCount) else {
            throw VireoError(.unsupported, "a buffer of \(elementType)\(shape) has no fixed size")
        }
        self.elementType = elementType
        self.shape = shape
        self.byteCount = byteCount
        dims = .allocate(capacity: max(shape.rank, 1))
        for (axis, dimension) in shape.dimensions.enumerated() { dims[axis] = Int64(dimension) }
    }

    deinit {
        dims.deallocate()
        onDestroy?()
    }

    /// Copies the whole buffer to `destination`, which has `byteCount` bytes.
    open func read(into destination: UnsafeMutableRawPointer) throws {
        throw VireoError(.internalError, "\(Self.self) cannot be read")
    }
}

/// A buffer in the host's memory.
public final class HostBuffer: DeviceBuffer {
    public let memory: UnsafeMutableRawPointer
    private let owner: Host?

    /// Memory of its own, uninitialised.
    public init(_ elementType: ElementType, _ shape: Shape, host: Host) throws {
        let byteCount = elementType.byteCount(of: shape.elementCount) ?? 0
        memory = try host.allocate(byteCount: max(byteCount, 1))
        owner = host
        try super.init(elementType, shape)
    }

    /// Memory of the caller's, which outlives the buffer.
    public init(_ elementType: ElementType, _ shape: Shape, borrowing memory: UnsafeMutableRawPointer) throws {
        self.memory = memory
        owner = nil
        try super.init(elementType, shape)
    }

    deinit { owner?.deallocate(memory) }

    public override func read(into destination: UnsafeMutableRawPointer) {
        destination.copyMemory(from: memory, byteCount: byteCount)
    }
}

/// A backend whose buffers are host memory.
public protocol HostMemoryBackend: PluginBackend {
    var host: Host { get }
}

extension HostMemoryBackend {
    public func makeBuffer(_ elementType: ElementType, _ shape: Shape) throws -> DeviceBuffer {
        try HostBuffer(elementType, shape, host: host)
    }

    public func importBuffer(
        _ elementType: ElementType, _ shape: Shape, data: UnsafeMutableRawBufferPointer, keepsMemory: Bool
    ) throws -> DeviceBuffer {
        let alignment = UInt(elementType.byteWidth ?? 1)
        if keepsMemory, let base = data.baseAddress, UInt(bitPattern: base) % alignment == 0 {
            return try HostBuffer(elementType, shape, borrowing: base)
        }
        let buffer = try HostBuffer(elementType, shape, host: host)
        if let base = data.baseAddress { buffer.memory.copyMemory(from: base, byteCount: data.count) }
        return buffer
    }
}
