import VireoTensor

/// Writes XML, one element a line, indented by tabs.
struct MarkupWriter {
    private(set) var bytes = Array("<?xml version=\"1.0\"?>\n".utf8)
    private var open: [String] = []

    typealias Attributes = [(key: String, value: String)]

    /// `<name …>`, to be closed.
    mutating func begin(_ name: String, _ attributes: Attributes = []) throws(VireoError) {
        try start(name, attributes)
        append(">\n")
        open.append(name)
    }

    /// The closing tag of the innermost open element.
    mutating func end() {
        let name = open.removeLast()
        indent()
        append("</\(name)>\n")
    }

    /// `<name …/>`
    mutating func empty(_ name: String, _ attributes: Attributes = []) throws(VireoError) {
        try start(name, attributes)
        append("/>\n")
    }

    /// `<name>text</name>`
    mutating func leaf(_ name: String, _ text: String) throws(VireoError) {
        try start(name, [])
        append(">")
        try escape(text)
        append("</\(name)>\n")
    }

    private mutating func start(_ name: String, _ attributes: Attributes) throws(VireoError) {
        guard MarkupWriter.isName(name) else {
            throw VireoError(.invalidArgument, "\"\(name)\" cannot be the name of an XML element")
        }
        indent()
        append("<\(name)")
        for (key, value) in attributes {
            guard MarkupWriter.isName(key) else {
                throw VireoError(.invalidArgument, "\"\(key)\" cannot be the name of an XML attribute")
            }
            append(" \(key)=\"")
            try escape(value)
            append("\"")
        }
    }

    private mutating func indent() { bytes.append(contentsOf: repeatElement(UInt8(ascii: "\t"), count: open.count)) }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func escape(_ text: String) throws(VireoError) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": append("&amp;")
            case "<": append("&lt;")
            case ">": append("&gt;")
            case "\"": append("&quot;")
            case "\t", "\n", "\r": append("&#\(scalar.value);")
            case "\u{0}"..<" ", "\u{FFFE}", "\u{FFFF}":
                throw VireoError(
                    .invalidArgument, "the text \(text.debugDescription) holds a character that XML cannot express",
                    remedy: "rename the node or tensor")
            default: bytes.append(contentsOf: UTF8.encode(scalar)!)
            }
        }
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first else { return false }
        func starts(_ scalar: Unicode.Scalar) -> Bool {
            scalar == "_" || scalar == ":" || scalar.properties.isAlphabetic
        }
        return starts(first)
            && text.unicodeScalars.allSatisfy {
                starts($0) || $0 == "-" || $0 == "." || ("0"..."9").contains($0)
            }
    }
}
