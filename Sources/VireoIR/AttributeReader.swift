import VireoTensor

/// The attributes that a file or a plugin call gives for one operation, read with their types.
///
/// Text is parsed on the way: "1, 1" as integers, "true" or "1" as a boolean.
public struct AttributeReader {
    private let values: [String: Attribute.Value]

    public init(_ values: [String: Attribute.Value]) { self.values = values }

    public init(_ attributes: [Attribute]) {
        values = Dictionary(attributes.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// Attributes as a file has them. Of several of one name the first counts.
    public init(text attributes: [(name: String, value: String)]) {
        values = Dictionary(attributes.map { ($0.name, .string($0.value)) }, uniquingKeysWith: { first, _ in first })
    }

    public func has(_ key: String) -> Bool { values[key] != nil }

    public func integer(_ key: String, default fallback: Int? = nil) throws(VireoError) -> Int {
        switch values[key] {
        case .integer(let value): return value
        case .integers(let list) where list.count == 1: return list[0]
        case .boolean(let value): return value ? 1 : 0
        case .string(let text):
            if let value = Int(trimmed(text)) { return value }
            throw malformed(key, text, "an integer")
        case nil: return try required(key, fallback)
        case let other?: throw malformed(key, "\(other)", "an integer")
        }
    }

    public func integers(_ key: String, default fallback: [Int]? = nil) throws(VireoError) -> [Int] {
        switch values[key] {
        case .integers(let list): return list
        case .integer(let value): return [value]
        case .string(let text):
            var list: [Int] = []
            for part in parts(text) {
                guard let value = Int(part) ?? Int(trimmed(part)) else {
                    throw malformed(key, text, "a list of integers")
                }
                list.append(value)
            }
            return list
        case nil: return try required(key, fallback)
        case let other?: throw malformed(key, "\(other)", "a list of integers")
        }
    }

    public func number(_ key: String, default fallback: Double? = nil) throws(VireoError) -> Double {
        switch values[key] {
        case .number(let value): return value
        case .numbers(let list) where list.count == 1: return list[0]
        case .integer(let value): return Double(value)
        case .integers(let list) where list.count == 1: return Double(list[0])
        case .string(let text):
            if let value = Double(trimmed(text)), !value.isNaN { return value }
            throw malformed(key, text, "a number")
        case nil: return try required(key, fallback)
        case let other?: throw malformed(key, "\(other)", "a number")
        }
    }

    public func numbers(_ key: String, default fallback: [Double]? = nil) throws(VireoError) -> [Double] {
        switch values[key] {
        case .numbers(let list): return list
        case .number(let value): return [value]
        case .integers(let list): return list.map { Double($0) }
        case .string(let text):
            var list: [Double] = []
            for part in parts(text) {
                guard let value = Double(trimmed(part)), !value.isNaN else {
                    throw malformed(key, text, "a list of numbers")
                }
                list.append(value)
            }
            return list
        case nil: return try required(key, fallback)
        case let other?: throw malformed(key, "\(other)", "a list of numbers")
        }
    }

    public func boolean(_ key: String, default fallback: Bool? = nil) throws(VireoError) -> Bool {
        switch values[key] {
        case .boolean(let value): return value
        case .integer(0), .integers([0]): return false
        case .integer(1), .integers([1]): return true
        case .string(let text):
            switch trimmed(text).lowercased() {
            case "true", "1": return true
            case "false", "0": return false
            default: throw malformed(key, text, "true or false")
            }
        case nil: return try required(key, fallback)
        case let other?: throw malformed(key, "\(other)", "true or false")
        }
    }

    public func string(_ key: String, default fallback: String? = nil) throws(VireoError) -> String {
        switch values[key] {
        case .string(let text): return text
        case nil: return try required(key, fallback)
        case let other?: throw malformed(key, "\(other)", "text")
        }
    }

    /// One of the cases of an enumeration written by its raw value; upper and lower case are the same.
    public func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, default fallback: Choice? = nil
    ) throws(VireoError) -> Choice {
        guard has(key) else { return try required(key, fallback) }
        let text = try string(key)
        if let choice = Choice(rawValue: text) { return choice }
        guard let choice = Choice.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
            throw malformed(key, text, "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    public func elementType(_ key: String, default fallback: ElementType? = nil) throws(VireoError) -> ElementType {
        switch values[key] {
        case .elementType(let type): return type
        case .string(let text):
            if let type = ElementType(irName: text) { return type }
            throw malformed(key, text, "an element type such as f32")
        case nil: return try required(key, fallback)
        case let other?: throw malformed(key, "\(other)", "an element type")
        }
    }

    public func shape(_ key: String) throws(VireoError) -> PartialShape {
        switch values[key] {
        case .shape(let shape): return shape
        case .string(let text): return try PartialShape(irText: text)
        case .integers(let list): return .ranked(list.map { $0 < 0 ? .dynamic : Dimension($0) })
        case nil: return try required(key, nil)
        case let other?: throw malformed(key, "\(other)", "a shape")
        }
    }

    private func required<Value>(_ key: String, _ fallback: Value?) throws(VireoError) -> Value {
        if let fallback { return fallback }
        throw VireoError(.malformedFile, "the attribute \"\(key)\" is missing")
    }

    private func malformed(_ key: String, _ text: String, _ expectation: String) -> VireoError {
        VireoError(.malformedFile, "the attribute \"\(key)\" is \"\(text)\", and \(expectation) is expected")
    }

    private func parts(_ text: String) -> [Substring] { trimmed(text).isEmpty ? [] : split(text) }
}

/// The parts between commas.
private func split(_ text: String) -> [Substring] {
    text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { Substring($0) }
}

private func trimmed(_ text: String) -> String { trimmed(text[...]) }

private func trimmed(_ text: Substring) -> String {
    let visible: ClosedRange<UInt8> = 0x21...0x7E
    if let first = text.utf8.first, let last = text.utf8.last, visible.contains(first), visible.contains(last) {
        return String(text)
    }
    return String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
}

extension ElementType {
    /// The name in the IR's `element_type` attribute: f32, i64, boolean; also what old files write (undefined).
    public init?(irName text: String) {
        let name = text.lowercased()
        if let type = ElementType.named[name] {
            self = type
        } else if name == "undefined" || name == "unspecified" {
            self = .dynamic
        } else {
            return nil
        }
    }

    private static let named = Dictionary(uniqueKeysWithValues: allCases.map { ("\($0)", $0) })

    public var irName: String { "\(self)" }
}

extension PartialShape {
    /// The notation of the IR's `shape` attribute: `1,3,224,224`, `?,3,1..8`, `...` for an unknown rank.
    public init(irText text: String) throws(VireoError) {
        let body = trimmed(text)
        if body == "..." {
            self = .unranked
            return
        }
        var dimensions: [Dimension] = []
        for part in split(body) where !body.isEmpty {
            dimensions.append(try Dimension(irText: trimmed(part), in: text))
        }
        self = .ranked(dimensions)
    }

    public var irText: String { dimensions?.map(\.description).joined(separator: ",") ?? "..." }
}

extension Dimension {
    fileprivate init(irText part: String, in text: String) throws(VireoError) {
        func bound(_ text: Substring) throws(VireoError) -> Int {
            guard let value = Int(trimmed(text)), value >= 0 else {
                throw VireoError(.malformedFile, "\"\(part)\" is no dimension")
            }
            return value
        }
        if part == "?" || part == "-1" {
            self = .dynamic
        } else if let dots = part.firstRange(of: "..") {
            let lower = part[..<dots.lowerBound]
            let upper = part[dots.upperBound...]
            self.init(
                lower: trimmed(lower).isEmpty ? 0 : try bound(lower),
                upper: trimmed(upper).isEmpty ? nil : try bound(upper))
            guard self.lower <= self.upper ?? self.lower else {
                throw VireoError(.malformedFile, "\"\(part)\" is no dimension")
            }
        } else {
            self.init(try bound(part[...]))
        }
    }
}

extension String {
    fileprivate func firstRange(of dots: String) -> Range<String.Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(dots) { return index..<self.index(index, offsetBy: dots.count) }
            index = self.index(after: index)
        }
        return nil
    }
}
