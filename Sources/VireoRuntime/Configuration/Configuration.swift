import VireoTensor

/// Properties with values: what a compilation is told.
///
/// Names and values of 2019 are understood: `CPU_THROUGHPUT_STREAMS` is `NUM_STREAMS`.
public struct Configuration: Sendable, Hashable {
    /// As they were given.
    public private(set) var values: [String: String]

    public init(_ values: [String: String] = [:]) { self.values = values }

    /// The text of a property.
    public subscript(name: String) -> String? {
        get { values[name] }
        set { values[name] = newValue }
    }

    /// A property's value; nil when it is not set, or is set to a text that is no value of it.
    public subscript<Value>(property: Property<Value>) -> Value? {
        get { values[property.name].flatMap { Value(propertyText: $0) } }
        set { values[property.name] = newValue?.propertyText }
    }

    /// A property's value, or nil when it is not set.
    /// - Throws: `invalidArgument` when its text is no value of it.
    public func value<Value>(of property: Property<Value>) throws(VireoError) -> Value? {
        guard let text = values[property.name] else { return nil }
        guard let value = Value(propertyText: text) else {
            throw VireoError(
                .invalidArgument, "\(property.name) cannot be \"\(text)\"", remedy: "give " + Value.expectation)
        }
        return value
    }

    /// The same without the properties of these names.
    func without(_ names: Set<String>) -> Configuration { Configuration(values.filter { !names.contains($0.key) }) }
}

extension Configuration: ExpressibleByDictionaryLiteral {
    /// A name that is given twice has the value given last.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(Dictionary(elements, uniquingKeysWith: { $1 }))
    }
}

// MARK: - Names of 2019

extension Configuration {
    private static let aliases = [
        "CPU_THREADS_NUM": "INFERENCE_NUM_THREADS",
        "CPU_BIND_THREAD": "ENABLE_CPU_PINNING",
        "CPU_THROUGHPUT_STREAMS": "NUM_STREAMS",
        "GPU_THROUGHPUT_STREAMS": "NUM_STREAMS",
        "TARGET_FALLBACK": "MULTI_DEVICE_PRIORITIES",
    ]

    private static let switches: Set = [
        "PERF_COUNT", "ENABLE_FALLBACK", "HETERO_DUMP_GRAPH_DOT", "ENABLE_CPU_PINNING", "ENABLE_MMAP",
    ]

    /// The property that people mean by `name`.
    static func canonicalName(_ name: String) -> String {
        let name = name.uppercased()
        return aliases[name] ?? name
    }

    /// The value in the notation of today.
    static func canonicalValue(_ value: String, of name: String) -> String {
        if switches.contains(name), let isOn = Bool(propertyText: value) { return isOn.propertyText }
        if name == "NUM_STREAMS", value.hasSuffix("_THROUGHPUT_AUTO") { return "AUTO" }
        // The most that anyone logs here.
        if name == "LOG_LEVEL", value == "LOG_TRACE" { return "LOG_DEBUG" }
        return value
    }

    /// The same under the names and in the notation of today.
    /// - Throws: `invalidArgument` when a property is given under two names with different values.
    func canonical() throws(VireoError) -> Configuration {
        var canonical: [String: String] = [:]
        for (given, text) in values.sorted(by: { $0.key < $1.key }) {
            let name = Configuration.canonicalName(given)
            let value = Configuration.canonicalValue(text, of: name)
            if let other = canonical.updateValue(value, forKey: name), other != value {
                throw VireoError(
                    .invalidArgument,
                    "\(name) is given twice, as \"\(other)\" and, under the name \(given), \"\(text)\"")
            }
        }
        return Configuration(canonical)
    }

    /// The device's name with what DEVICE_ID and MULTI_DEVICE_PRIORITIES add to it, and the properties without them.
    /// - Throws: `invalidArgument` when they do not go with the name.
    func completing(_ device: String) throws(VireoError) -> (device: String, rest: Configuration) {
        var (name, rest) = (device.uppercased(), self)
        if let list = rest.values.removeValue(forKey: "MULTI_DEVICE_PRIORITIES") {
            guard ["HETERO", "MULTI", "AUTO"].contains(name) else {
                throw VireoError(
                    .invalidArgument,
                    "MULTI_DEVICE_PRIORITIES says which devices HETERO, MULTI or AUTO use, not \(device)")
            }
            name += ":" + list
        }
        if let number = rest.values.removeValue(forKey: "DEVICE_ID") {
            guard !name.contains(where: { ":.".contains($0) }), Int(number) != nil else {
                throw VireoError(
                    .invalidArgument, "DEVICE_ID \"\(number)\" chooses no device of \(device)",
                    remedy: "give a number, or write the device's own name, such as OPENCL.1")
            }
            name += "." + number
        }
        return (name, rest)
    }
}
