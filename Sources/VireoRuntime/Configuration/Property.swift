import VireoTensor

/// A property by name, with the type of its value.
///
/// ```swift
/// var configuration = Configuration()
/// configuration[.performanceHint] = .throughput
/// configuration[.inferenceNumThreads] = 4
/// ```
public struct Property<Value: PropertyValue>: Sendable {
    public let name: String

    /// A property of a plugin of one's own.
    public init(_ name: String) { self.name = name }
}

/// What the value of a property can be: something that has a text.
public protocol PropertyValue: Sendable {
    /// - Returns: nil for a text that is no value.
    init?(propertyText: String)
    var propertyText: String { get }
    /// What a text must be: "YES or NO".
    static var expectation: String { get }
}

/// What a compilation aims for.
public enum PerformanceHint: String, PropertyValue, CaseIterable {
    /// One request at a time with every thread.
    case latency = "LATENCY"
    /// As many requests at a time as there are processors, with the threads divided among them.
    case throughput = "THROUGHPUT"
    /// As `throughput`, and under AUTO on all devices at once.
    case cumulativeThroughput = "CUMULATIVE_THROUGHPUT"
}

/// Whether a device may compute less exactly to be faster.
public enum ExecutionMode: String, PropertyValue, CaseIterable {
    case performance = "PERFORMANCE"
    case accuracy = "ACCURACY"
}

/// Which of several models that AUTO runs gets the best device.
public enum ModelPriority: String, PropertyValue, CaseIterable, Comparable {
    case low = "LOW"
    case medium = "MEDIUM"
    case high = "HIGH"

    private var rank: Int { self == .low ? 0 : self == .medium ? 1 : 2 }
    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}

/// Which messages of a device's plugin are passed on: those that are at least as grave.
public enum LogThreshold: String, PropertyValue, CaseIterable {
    case none = "LOG_NONE"
    case error = "LOG_ERROR"
    case warning = "LOG_WARNING"
    case info = "LOG_INFO"
    /// Everything.
    case debug = "LOG_DEBUG"

    /// The number of the least grave level that is passed on.
    var lastLevel: Int32 {
        switch self {
        case .none: 0
        case .error: LogLevel.error.rawValue
        case .warning: LogLevel.warning.rawValue
        case .info: LogLevel.info.rawValue
        case .debug: LogLevel.debug.rawValue
        }
    }

    init(lastLevel: Int32) { self = Self.allCases.first { $0.lastLevel == lastLevel } ?? .debug }
}

/// How many streams a device runs at a time.
public enum StreamCount: PropertyValue, Hashable {
    /// As many as the device says are best.
    case automatic
    case fixed(Int)

    public init?(propertyText text: String) {
        if text == "AUTO" {
            self = .automatic
        } else if let count = Int(text), count >= 1 {
            self = .fixed(count)
        } else {
            return nil
        }
    }

    public var propertyText: String {
        switch self {
        case .automatic: "AUTO"
        case .fixed(let count): String(count)
        }
    }

    public static let expectation = "AUTO or a number from 1"
}

extension Property where Value == PerformanceHint {
    public static var performanceHint: Self { Self("PERFORMANCE_HINT") }
}

extension Property where Value == ExecutionMode {
    public static var executionModeHint: Self { Self("EXECUTION_MODE_HINT") }
}

extension Property where Value == StreamCount {
    /// How many requests run at a time on one device; the device's threads are divided among them.
    public static var numStreams: Self { Self("NUM_STREAMS") }
}

extension Property where Value == Int {
    /// Threads of a CPU device, all streams together; 0 for all that the process may use.
    public static var inferenceNumThreads: Self { Self("INFERENCE_NUM_THREADS") }
    /// The most requests that will run at a time; limits the streams that a hint chooses. 0 for no limit.
    public static var performanceHintNumRequests: Self { Self("PERFORMANCE_HINT_NUM_REQUESTS") }
    /// How many variants of a model with unknown input dimensions are kept, one for each combination of shapes.
    public static var dynamicShapeCacheSize: Self { Self("DYNAMIC_SHAPE_CACHE_SIZE") }
    /// How many milliseconds BATCH waits for a batch to fill.
    public static var autoBatchTimeout: Self { Self("AUTO_BATCH_TIMEOUT") }
    /// How many subgraphs or devices are compiled at a time. With 0, AUTO compiles for all its devices side by side,
    /// and everything else is compiled one after the other.
    public static var compilationNumThreads: Self { Self("COMPILATION_NUM_THREADS") }
    /// How many MiB the files in the cache folder may have together.
    public static var cacheSizeMiB: Self { Self("CACHE_SIZE_MIB") }
}

extension Property where Value == ModelPriority {
    /// Of the models that AUTO runs those of higher priority get the best device; the others get the next best while it
    /// is taken.
    public static var modelPriority: Self { Self("MODEL_PRIORITY") }
}

extension Property where Value == LogThreshold {
    /// Which messages of the device's plugin reach the `LogHandler`, from now on and for all models.
    public static var logLevel: Self { Self("LOG_LEVEL") }
}

extension Property where Value == Bool {
    /// Whether the time of each layer is measured.
    public static var perfCount: Self { Self("PERF_COUNT") }
    /// Whether HETERO and CPU may use the devices after the first.
    public static var enableFallback: Self { Self("ENABLE_FALLBACK") }
    /// Whether weights stay in their file, which is mapped into memory. With NO they are read when the model is
    /// compiled, and the file may then be overwritten.
    public static var enableMmap: Self { Self("ENABLE_MMAP") }
    /// Whether the threads of a CPU device stay on their processors.
    public static var enableCPUPinning: Self { Self("ENABLE_CPU_PINNING") }
    /// Of a compiled model: whether every device that has a cache found what it needed there.
    public static var loadedFromCache: Self { Self("LOADED_FROM_CACHE") }
    /// Whether HETERO writes `hetero_affinity_<model>.dot` and `hetero_subgraphs_<model>.dot` into the working folder.
    public static var heteroDumpGraphDot: Self { Self("HETERO_DUMP_GRAPH_DOT") }
}

extension Property where Value == String {
    /// "f32", "bf16", …
    public static var inferencePrecisionHint: Self { Self("INFERENCE_PRECISION_HINT") }
    /// The folder of files that make the next start faster; empty for none.
    public static var cacheDir: Self { Self("CACHE_DIR") }
    /// The number of the device among several of its kind: `OPENCL` with "1" is `OPENCL.1`.
    public static var deviceID: Self { Self("DEVICE_ID") }
    /// The devices of HETERO, MULTI or AUTO when the device's name does not list them: "OPENCL.0,CPU".
    public static var multiDevicePriorities: Self { Self("MULTI_DEVICE_PRIORITIES") }
}

// MARK: - Texts of values

extension PropertyValue where Self: RawRepresentable, RawValue == String {
    public init?(propertyText: String) { self.init(rawValue: propertyText) }
    public var propertyText: String { rawValue }
}

extension PropertyValue where Self: CaseIterable, Self: RawRepresentable, RawValue == String {
    public static var expectation: String { "one of " + allCases.map(\.rawValue).joined(separator: ", ") }
}

extension Bool: PropertyValue {
    public init?(propertyText: String) {
        switch propertyText.uppercased() {
        case "YES", "TRUE", "ON", "1": self = true
        case "NO", "FALSE", "OFF", "0": self = false
        default: return nil
        }
    }

    public var propertyText: String { self ? "YES" : "NO" }
    public static let expectation = "YES or NO"
}

extension Int: PropertyValue {
    /// Counts only: no property is negative.
    public init?(propertyText: String) {
        guard let value = Int(propertyText), value >= 0 else { return nil }
        self = value
    }

    public var propertyText: String { String(self) }
    public static let expectation = "a number from 0"
}

extension String: PropertyValue {
    public init?(propertyText: String) { self = propertyText }
    public var propertyText: String { self }
    public static let expectation = "a text"
}
