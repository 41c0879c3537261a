import Synchronization
import VireoTensor

/// A device's properties: those that describe it, and the settings that can be changed, with their values checked.
public final class DeviceProperties: Sendable {
    private let readOnly: [Property]
    private let settings: [Setting]
    private let values: Mutex<[String: String]>

    public init(readOnly: [Property], settings: [Setting]) {
        self.readOnly = readOnly
        self.settings = settings
        values = Mutex(Dictionary(uniqueKeysWithValues: settings.map { ($0.name, $0.initial) }))
    }

    /// Every property, SUPPORTED_PROPERTIES first.
    public var all: [Property] {
        let values = values.withLock { $0 }
        let rest = readOnly + settings.map { Property($0.name, values[$0.name]!, isMutable: true) }
        return [Property("SUPPORTED_PROPERTIES", (["SUPPORTED_PROPERTIES"] + rest.map(\.name)).joined(separator: " "))]
            + rest
    }

    /// - Throws: `invalidArgument` for an unknown name, a read-only property or a bad value, with what is valid.
    public func set(_ name: String, to value: String) throws(VireoError) {
        try check(name, value)
        values.withLock { $0[name] = value }
    }

    /// The settings now, with `overrides` in their place.
    /// - Throws: `invalidArgument` as `set` does.
    public func settings(overriddenBy overrides: [String: String]) throws(VireoError) -> SettingValues {
        for (name, value) in overrides { try check(name, value) }
        return SettingValues(values: values.withLock { $0 }.merging(overrides) { $1 })
    }

    private func check(_ name: String, _ value: String) throws(VireoError) {
        if name == "SUPPORTED_PROPERTIES" || readOnly.contains(where: { $0.name == name }) {
            throw VireoError(.invalidArgument, "\(name) can only be read")
        }
        guard let setting = settings.first(where: { $0.name == name }) else {
            throw VireoError(
                .invalidArgument, "no property \(name) can be set",
                remedy: "the properties that can are " + settings.map(\.name).joined(separator: ", "))
        }
        if let reason = setting.refusals[value] {
            throw VireoError(.unsupported, "\(name) cannot be \"\(value)\": \(reason)", remedy: setting.expectation)
        }
        guard setting.accepts(value) else {
            throw VireoError(.invalidArgument, "\(name) cannot be \"\(value)\"", remedy: setting.expectation)
        }
    }
}

/// A property that can be set: its name, its value at the start, and what it accepts.
public struct Setting: Sendable {
    public let name: String
    let initial: String
    let accepts: @Sendable (String) -> Bool
    let expectation: String
    /// Values that make sense but not here, with the reason.
    var refusals: [String: String] = [:]

    public static func choice(
        _ name: String, _ values: [String], initial: String, refusals: [String: String] = [:]
    ) -> Setting {
        Setting(
            name: name, initial: initial, accepts: { values.contains($0) },
            expectation: "one of " + values.joined(separator: ", "), refusals: refusals)
    }

    public static func count(_ name: String, initial: Int, atMost limit: Int) -> Setting {
        Setting(
            name: name, initial: String(initial), accepts: { Int($0).map { (0...limit).contains($0) } ?? false },
            expectation: "a number from 0 to \(limit)")
    }

    public static func text(_ name: String, initial: String = "") -> Setting {
        Setting(
            name: name, initial: initial, accepts: { !$0.contains { $0.isNewline } }, expectation: "one line of text")
    }

    /// What a device is told whose contexts may run side by side: how many there will be, or AUTO (or 0) for as many as
    /// the hint asks.
    public static let streams: [Setting] = [
        Setting(
            name: "NUM_STREAMS", initial: "AUTO",
            accepts: { $0 == "AUTO" || Int($0).map { (0...1024).contains($0) } ?? false },
            expectation: "AUTO or a number from 0 to 1024")
    ]

    /// What a device that keeps files for later processes is told: the folder, or nothing for none, and how many MiB
    /// the files may have together.
    public static let cache: [Setting] = [
        .text("CACHE_DIR"), .count("CACHE_SIZE_MIB", initial: 4096, atMost: 1 << 30),
    ]

    /// What every device that computes in f32 can be told.
    public static let common: [Setting] = [
        .choice("PERF_COUNT", ["YES", "NO"], initial: "NO"),
        .choice("PERFORMANCE_HINT", ["LATENCY", "THROUGHPUT", "CUMULATIVE_THROUGHPUT"], initial: "LATENCY"),
        .choice("EXECUTION_MODE_HINT", ["PERFORMANCE", "ACCURACY"], initial: "PERFORMANCE"),
        .choice("INFERENCE_PRECISION_HINT", ["f32"], initial: "f32"),
    ]

    /// The same for a device whose threads are the processor's; 0 threads means as many as the process may use.
    public static let processor: [Setting] = [.count("INFERENCE_NUM_THREADS", initial: 0, atMost: 1024)] + common
}

/// The settings of one compilation.
public struct SettingValues: Sendable {
    let values: [String: String]

    public subscript(name: String) -> String? { values[name] }

    /// Every setting but those named, in the order of names.
    public func description(without names: Set<String>) -> String {
        values.filter { !names.contains($0.key) }.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(
            separator: " ")
    }

    public var measuresTime: Bool { values["PERF_COUNT"] == "YES" }
    public var wantsThroughput: Bool { values["PERFORMANCE_HINT"]?.hasSuffix("THROUGHPUT") == true }

    /// Threads of each context: INFERENCE_NUM_THREADS, or all processors that this process may use, shared out evenly
    /// among the streams. THROUGHPUT means a stream for each thread unless NUM_STREAMS says otherwise.
    public var threadsOfStream: Int {
        let threads = requestedThreads ?? HostProcessor.availableCount
        let asked = values["NUM_STREAMS"].flatMap { Int($0) } ?? 0
        return max(1, threads / (asked > 0 ? asked : wantsThroughput ? threads : 1))
    }

    /// The threads that were asked for, or nil when the backend may choose.
    public var requestedThreads: Int? {
        values["INFERENCE_NUM_THREADS"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }
}

extension [Property] {
    /// What describes a backend that runs on the processor.
    /// - Parameter note: added to the architecture, such as the library's own choice of kernels.
    public static func processor(note: String? = nil) -> [Property] {
        let count = HostProcessor.availableCount
        return [
            Property("FULL_DEVICE_NAME", HostProcessor.name),
            Property("DEVICE_ARCHITECTURE", HostProcessor.architecture + (note.map { " (\($0))" } ?? "")),
            Property("DEVICE_TYPE", "integrated"),
            Property("OPTIMIZATION_CAPABILITIES", "FP32"),
            Property("OPTIMAL_NUMBER_OF_INFER_REQUESTS", "1"),
            Property("RANGE_FOR_ASYNC_INFER_REQUESTS", "1 \(count) 1"),
            Property("RANGE_FOR_STREAMS", "1 \(count)"),
        ]
    }
}
