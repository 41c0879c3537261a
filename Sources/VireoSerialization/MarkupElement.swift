import Foundation
import FoundationXML
import VireoTensor

/// One element of an XML document, with its attributes and what it holds.
final class MarkupElement {
    let name: String
    let attributes: [String: String]
    /// Where it begins in the file, counted from 1.
    let line: Int
    fileprivate(set) var children: [MarkupElement] = []
    /// The characters directly inside, those of the children left out.
    fileprivate(set) var text = ""

    fileprivate init(name: String, attributes: [String: String], line: Int) {
        self.name = name
        self.attributes = attributes
        self.line = line
    }

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
        guard let value = attributes[key] else { throw malformed("<\(name)> has no attribute \"\(key)\"") }
        return value
    }

    func malformed(_ message: String) -> VireoError { VireoError(.malformedFile, message, in: ["line \(line)"]) }
}

extension MarkupElement {
    /// Parses a document and returns its root.
    ///
    /// Only UTF-8 without a document type is accepted: entities that a document declares, which can expand without
    /// bound or name other files, have no place in the IR.
    /// - Throws: `malformedFile` with the line.
    static func root(of document: UnsafeRawBufferPointer) throws(VireoError) -> MarkupElement {
        try refuseUnsafeForms(document)
        guard let base = document.baseAddress else { throw VireoError(.malformedFile, "the file is empty") }
        let data = Data(
            bytesNoCopy: UnsafeMutableRawPointer(mutating: base), count: document.count, deallocator: .none)
        let parser = XMLParser(data: data)
        parser.shouldResolveExternalEntities = false
        let builder = TreeBuilder()
        parser.delegate = builder
        let succeeded = parser.parse()
        if let failure = builder.failure { throw failure }
        guard succeeded, parser.parserError == nil, let root = builder.root, builder.isComplete else {
            throw VireoError(
                .malformedFile, "the file is not well-formed XML",
                in: ["line \(max(parser.lineNumber, builder.lastLine))"],
                remedy: "see whether the file is complete and was not changed by hand")
        }
        return root
    }

    private static func refuseUnsafeForms(_ document: UnsafeRawBufferPointer) throws(VireoError) {
        // Text in another encoding could hide what is looked for below.
        let firstBytes: [UInt8] = [UInt8(ascii: "<"), 0xEF, 0x20, 0x09, 0x0A, 0x0D]
        guard let first = document.first, firstBytes.contains(first), !document.contains(0) else {
            throw VireoError(
                .malformedFile, "the file is no XML text in UTF-8", remedy: "name the .xml file of the model")
        }
        // The parser behind this one takes other bytes for Latin-1, and Foundation then traps on them.
        guard String(validating: document, as: UTF8.self) != nil else {
            throw VireoError(.malformedFile, "the file has bytes that are not UTF-8", remedy: "convert it to UTF-8")
        }
        let prologue = String(decoding: document.prefix(256), as: UTF8.self)
        if let declared = prologue.firstMatch(of: /encoding\s*=\s*["']([^"']*)["']/)?.1.lowercased(),
            !["utf-8", "us-ascii"].contains(declared)
        {
            throw VireoError(
                .malformedFile, "the file is in the encoding \"\(declared)\"", remedy: "convert it to UTF-8")
        }
        // XML writes these words in capitals only, and a `<` inside a value is always `&lt;`.
        for word in ["<!DOCTYPE", "<!ENTITY"] where document.holds(Array(word.utf8)) {
            throw VireoError(
                .malformedFile, "the file has a document type (\(word)), which no IR needs and which can be an attack",
                remedy: "remove the declaration")
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func holds(_ word: [UInt8]) -> Bool {
        var start = startIndex
        while let match = self[start...].firstIndex(of: word[0]) {
            if self[match...].starts(with: word) { return true }
            start = match + 1
        }
        return false
    }
}

/// Builds the tree from the parser's events.
private final class TreeBuilder: NSObject, XMLParserDelegate {
    private static let largestDepth = 64

    private(set) var root: MarkupElement?
    private(set) var failure: VireoError?
    private(set) var lastLine = 1
    private var open: [MarkupElement] = []

    var isComplete: Bool { open.isEmpty }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        guard failure == nil else { return }
        lastLine = parser.lineNumber
        let element = MarkupElement(name: name, attributes: attributes, line: lastLine)
        guard open.count < TreeBuilder.largestDepth else {
            failure = element.malformed("elements are nested more than \(TreeBuilder.largestDepth) deep")
            parser.abortParsing()
            return
        }
        if let parent = open.last {
            parent.children.append(element)
        } else if root == nil {
            root = element
        }
        open.append(element)
    }

    func parser(
        _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
    ) {
        _ = open.popLast()
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
        if failure == nil { open.last?.text += text }
    }

    func parser(_ parser: XMLParser, foundCDATA data: Data) {
        if failure == nil { open.last?.text += String(decoding: data, as: UTF8.self) }
    }
}
