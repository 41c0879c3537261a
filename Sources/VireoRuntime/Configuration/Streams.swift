import VireoTensor

/// How many requests run at a time, and what each device is told so that they share its threads.
struct Streams {
    let count: Int
    private let configuration: Configuration

    /// What the runtime decides by itself and devices need not know.
    private static let ownNames: Set = [
        "PERFORMANCE_HINT_NUM_REQUESTS", "DYNAMIC_SHAPE_CACHE_SIZE", "ENABLE_FALLBACK", "HETERO_DUMP_GRAPH_DOT",
        "LOG_LEVEL", "ENABLE_MMAP", "COMPILATION_NUM_THREADS",
    ]

    /// - Parameter devices: those that run the model; the first decides what is best.
    init(_ configuration: Configuration, for devices: [Device]) throws {
        self.configuration = configuration.without(Streams.ownNames)
        let hint =
            try configuration.value(of: .performanceHint) ?? Streams.standing(.performanceHint, of: devices.first)
        let wanted = try configuration.value(of: .numStreams) ?? Streams.standing(.numStreams, of: devices.first)
        let requests = try configuration.value(of: .performanceHintNumRequests) ?? 0
        switch wanted ?? (hint == nil || hint == .latency ? .fixed(1) : .automatic) {
        case .fixed(let count): self.count = count
        case .automatic:
            let best = try devices.first.map { try Streams.largestCount(of: $0) } ?? 1
            count = requests > 0 ? min(best, requests) : best
        }
    }

    /// What `device` is told when it compiles: the properties that it knows.
    func properties(for device: Device) throws -> [String: String] {
        let known = try device.settableProperties()
        var told = configuration.values.filter { known.contains($0.key) }
        guard count > 1 else { return told }
        if known.contains("NUM_STREAMS") {
            told["NUM_STREAMS"] = String(count)
        } else if known.contains("INFERENCE_NUM_THREADS") {
            let asked = try configuration.value(of: .inferenceNumThreads) ?? 0
            let threads = asked > 0 ? asked : try Streams.largestCount(of: device)
            told["INFERENCE_NUM_THREADS"] = String(max(1, threads / count))
        }
        return told
    }

    /// What the device was told for all compilations; nil for what it chooses itself.
    private static func standing<Value>(_ property: Property<Value>, of device: Device?) throws -> Value? {
        let known = try device?.backend().properties().first { $0.name == property.name && $0.isMutable }
        return known.flatMap { $0.value == "AUTO" ? nil : Value(propertyText: $0.value) }
    }

    /// The upper end of the device's RANGE_FOR_STREAMS; 1 when it names none.
    private static func largestCount(of device: Device) throws -> Int {
        let range = try device.backend().properties().first { $0.name == "RANGE_FOR_STREAMS" }?.value
        return max(range?.split(separator: " ").last.flatMap { Int($0) } ?? 1, 1)
    }
}
