import VireoTensor

/// A message in protobuf's text form whose definition is not at hand, such as a pipeline.config: its fields by name.
struct TextMessage: Sendable {
    indirect enum Value: Sendable {
        /// A number, a word or a string without its quotes.
        case scalar(String)
        case message(TextMessage)
    }

    private(set) var fields: [(name: String, value: Value)] = []

    /// - Throws: `malformedFile` with the line for what is no such text.
    init(parsing text: [UInt8]) throws(VireoError) {
        var parser = TextParser(text)
        self = try parser.message(isNested: false, depth: 0)
    }

    fileprivate init() {}
    fileprivate mutating func append(_ name: String, _ value: Value) { fields.append((name, value)) }

    /// The values at a path of field names separated by "/"; a name that begins with "*" stands for any with this
    /// ending.
    func values(at path: String) -> [Value] {
        var found: [Value] = [.message(self)]
        for part in path.split(separator: "/") {
            found = found.flatMap { value -> [Value] in
                guard case .message(let message) = value else { return [] }
                return message.fields.filter { TextMessage.matches($0.name, part) }.map(\.value)
            }
        }
        return found
    }

    /// The scalars at a path, in the order of the file.
    func scalars(at path: String) -> [String] {
        values(at: path).compactMap { if case .scalar(let text) = $0 { text } else { nil } }
    }

    private static func matches(_ name: String, _ part: Substring) -> Bool {
        part.hasPrefix("*") ? name.hasSuffix(part.dropFirst()) : name == part
    }
}

private struct TextParser {
    private let text: [UInt8]
    private var position = 0
    private var line = 1

    private static let deepest = 64

    init(_ text: [UInt8]) { self.text = text }

    mutating func message(isNested: Bool, depth: Int) throws(VireoError) -> TextMessage {
        guard depth < TextParser.deepest else { throw malformed("messages are nested too deeply") }
        var message = TextMessage()
        while true {
            skipSpace()
            guard let byte = peek else {
                if isNested { throw malformed("the text ends inside of a message") }
                return message
            }
            if byte == UInt8(ascii: "}") || byte == UInt8(ascii: ">") {
                guard isNested else { throw malformed("a message ends that did not begin") }
                position += 1
                return message
            }
            try field(into: &message, depth)
        }
    }

    private mutating func field(into message: inout TextMessage, _ depth: Int) throws(VireoError) {
        let name = word()
        guard !name.isEmpty else { throw malformed("the name of a field is expected") }
        skipSpace()
        if peek == UInt8(ascii: ":") {
            position += 1
            skipSpace()
        } else if !isOpening(peek) {
            throw malformed("\"\(name)\" has no value")
        }
        if peek == UInt8(ascii: "[") {
            position += 1
            while true {
                skipSpace()
                if peek == UInt8(ascii: "]") { break }
                message.append(name, try value(of: name, depth))
                skipSpace()
                if peek == UInt8(ascii: ",") { position += 1 }
            }
            position += 1
        } else {
            message.append(name, try value(of: name, depth))
        }
        skipSpace()
        if peek == UInt8(ascii: ",") || peek == UInt8(ascii: ";") { position += 1 }
    }

    private mutating func value(of name: String, _ depth: Int) throws(VireoError) -> TextMessage.Value {
        guard let byte = peek else { throw malformed("\"\(name)\" has no value") }
        if isOpening(byte) {
            position += 1
            return .message(try message(isNested: true, depth: depth + 1))
        }
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { return .scalar(try quoted(byte)) }
        let text = word()
        guard !text.isEmpty else { throw malformed("\"\(name)\" has no value") }
        return .scalar(text)
    }

    private mutating func quoted(_ quote: UInt8) throws(VireoError) -> String {
        position += 1
        var bytes: [UInt8] = []
        while let byte = peek, byte != quote, byte != UInt8(ascii: "\n") {
            position += 1
            if byte == UInt8(ascii: "\\"), let escaped = peek {
                position += 1
                bytes.append(escaped)
            } else {
                bytes.append(byte)
            }
        }
        guard peek == quote else { throw malformed("a string has no closing quote") }
        position += 1
        return String(decoding: bytes, as: UTF8.self)
    }

    private var peek: UInt8? { position < text.count ? text[position] : nil }

    private func isOpening(_ byte: UInt8?) -> Bool { byte == UInt8(ascii: "{") || byte == UInt8(ascii: "<") }

    private mutating func word() -> String {
        let start = position
        while let byte = peek, TextParser.isPartOfWord(byte) { position += 1 }
        return String(decoding: text[start..<position], as: UTF8.self)
    }

    private static func isPartOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"),
            UInt8(ascii: "."), UInt8(ascii: "/"):
            true
        default: false
        }
    }

    private mutating func skipSpace() {
        while let byte = peek {
            if byte == UInt8(ascii: "#") {
                while let byte = peek, byte != UInt8(ascii: "\n") { position += 1 }
            } else if byte == UInt8(ascii: "\n") {
                line += 1
                position += 1
            } else if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r") {
                position += 1
            } else {
                return
            }
        }
    }

    private func malformed(_ problem: String) -> VireoError {
        VireoError(.malformedFile, "this is not a pipeline.config: \(problem)", in: ["line \(line)"])
    }
}
