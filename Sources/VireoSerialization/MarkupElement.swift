import VireoTensor

/// One element of an XML document, with its attributes and what it holds.
final class MarkupElement {
    let name: String
    /// In the order of the file; no two have the same name.
    let attributes: [(name: String, value: String)]
    /// Where it begins in the file, counted from 1.
    let line: Int
    private(set) var children: [MarkupElement] = []
    /// The characters directly inside, those of the children left out, from the first piece on that is not white space.
    private(set) var text = ""

    init(name: String, attributes: [(name: String, value: String)], line: Int) {
        self.name = name
        self.attributes = attributes
        self.line = line
    }

    func append(_ child: MarkupElement) { children.append(child) }
    func append(_ text: String) { self.text += text }

    /// An attribute's value.
    subscript(_ key: String) -> String? { attributes.first { $0.name == key }?.value }

    func child(_ name: String) -> MarkupElement? { children.first { $0.name == name } }

    func children(_ name: String) -> [MarkupElement] { children.filter { $0.name == name } }

    /// A count or an identifier.
    /// - Throws: `malformedFile` when it is absent, negative or too large.
    func natural(_ key: String) throws(VireoError) -> Int {
        let text = try required(key)
        guard let value = Int(text), value >= 0 else {
            throw malformed("the attribute \"\(key)\" of <\(name)> is \"\(text)\", and a natural number is expected")
        }
        return value
    }

    func required(_ key: String) throws(VireoError) -> String {
        guard let value = self[key] else { throw malformed("<\(name)> has no attribute \"\(key)\"") }
        return value
    }

    func malformed(_ message: String) -> VireoError { VireoError(.malformedFile, message, in: ["line \(line)"]) }
}
