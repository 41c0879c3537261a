import Synchronization
import VireoTensor

/// What happened when: spans of time in lanes, one lane a request. Requests that are made with a trace write to it.
///
/// ```swift
/// let trace = Trace()
/// let request = try compiled.makeRequest(trace: trace)
/// _ = try request.run([image])
/// try trace.write(to: "trace.json")   // chrome://tracing, https://ui.perfetto.dev
/// ```
public final class Trace: Sendable {
    public struct Event: Sendable, Hashable {
        /// "infer net", "subgraph0 on ONEDNN", a layer's name.
        public let name: String
        /// "request", "subgraph", "copy" or "layer".
        public let category: String
        /// Since the trace was made.
        public let start: Duration
        public let duration: Duration
        /// Which request, counted from 0.
        public let lane: Int
        /// More about it: the kernel that ran, the device.
        public let details: [String: String]
    }

    private struct State {
        var events: [Event] = []
        var laneCount = 0
    }

    private let origin = ContinuousClock.now
    private let state = Mutex(State())

    public init() {}

    /// In the order in which they ended.
    public var events: [Event] { state.withLock { $0.events } }

    /// Measures something of the program's own, such as reading the model, in a lane above those of the requests.
    public func measure<Value>(_ name: String, _ body: () throws -> Value) rethrows -> Value {
        try Lane(trace: self, number: -1).measure(name, body)
    }

    func lane() -> Lane {
        state.withLock { state in
            defer { state.laneCount += 1 }
            return Lane(trace: self, number: state.laneCount)
        }
    }

    /// Where the events of one request go.
    struct Lane: Sendable {
        fileprivate let trace: Trace
        fileprivate let number: Int

        /// The time since the trace was made.
        var now: Duration { ContinuousClock.now - trace.origin }

        func measure<Value>(
            _ name: String, category: String = "request", details: [String: String] = [:],
            _ body: () throws -> Value
        ) rethrows -> Value {
            let start = now
            defer { add(name, category: category, start: start, duration: now - start, details: details) }
            return try body()
        }

        func add(
            _ name: String, category: String, start: Duration, duration: Duration, details: [String: String] = [:]
        ) {
            let event = Event(
                name: name, category: category, start: start, duration: duration, lane: number, details: details)
            trace.state.withLock { $0.events.append(event) }
        }
    }
}

// MARK: - Chrome's format

extension Trace {
    /// The events in the Trace Event Format (JSON object form) that chrome://tracing and Perfetto read.
    public var json: String {
        let events = events
        var lines = Set(events.map(\.lane)).sorted().map { lane in
            let name = lane < 0 ? "program" : "request \(lane)"
            return
                #"{"ph":"M","name":"thread_name","pid":1,"tid":\#(lane + 1),"args":{"name":\#(Trace.quoted(name))}}"#
        }
        for event in events.sorted(by: { ($0.start, $1.duration) < ($1.start, $0.duration) }) {
            let details = event.details.sorted { $0.key < $1.key }
                .map { "\(Trace.quoted($0.key)):\(Trace.quoted($0.value))" }.joined(separator: ",")
            lines.append(
                #"{"ph":"X","name":\#(Trace.quoted(event.name)),"cat":\#(Trace.quoted(event.category)),"pid":1,"#
                    + #""tid":\#(event.lane + 1),"ts":\#(event.start.microseconds),"dur":\#(event.duration.microseconds),"#
                    + #""args":{\#(details)}}"#)
        }
        return "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n" + lines.joined(separator: ",\n") + "\n]}\n"
    }

    /// Writes `json` to a file.
    /// - Throws: `inputOutput` for a folder that cannot be written or a disk that is full.
    public func write(to path: String) throws {
        let file = try AtomicFile(path: path)
        try file.write(json)
        try file.commit()
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension Duration {
    fileprivate var microseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1e6 + Double(attoseconds / 1_000_000_000) / 1e3
    }
}
