import CExpat
import VireoTensor

/// Builds the elements of an XML document from what Expat (https://libexpat.github.io) finds in it.
///
/// Only UTF-8 without a document type is accepted: entities that a document declares, which can expand without bound or
/// name other files, have no place in the IR.
final class MarkupParser {
    private static let largestDepth = 64
    private static let largestPiece = 1 << 26

    private let parser: XML_Parser
    private var root: MarkupElement?
    private var open: [MarkupElement] = []
    private var failure: VireoError?

    /// Parses a document and returns its root.
    /// - Throws: `malformedFile` with the line.
    static func root(of document: UnsafeRawBufferPointer) throws(VireoError) -> MarkupElement {
        let firstBytes: [UInt8] = [UInt8(ascii: "<"), 0xEF, 0x20, 0x09, 0x0A, 0x0D]
        guard let first = document.first else { throw VireoError(.malformedFile, "the file is empty") }
        // Expat recognizes UTF-16 by its zeros, whatever it is told.
        guard firstBytes.contains(first), !document.contains(0) else {
            throw VireoError(
                .malformedFile, "the file is no XML text in UTF-8", remedy: "name the .xml file of the model")
        }
        guard let parser = XML_ParserCreate("UTF-8") else {
            throw VireoError(.outOfMemory, "there is not enough memory to read the file")
        }
        defer { XML_ParserFree(parser) }
        return try MarkupParser(parser).parse(document)
    }

    private init(_ parser: XML_Parser) { self.parser = parser }

    private func parse(_ document: UnsafeRawBufferPointer) throws(VireoError) -> MarkupElement {
        XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(
            parser, { MarkupParser.from($0)?.begin($1, $2) }, { data, _ in _ = MarkupParser.from(data)?.open.popLast() }
        )
        XML_SetCharacterDataHandler(parser) { MarkupParser.from($0)?.add($1, Int($2)) }
        XML_SetXmlDeclHandler(parser) { data, _, encoding, _ in MarkupParser.from(data)?.check(encoding) }
        XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in MarkupParser.from(data)?.refuseDocumentType() }

        var rest = document[...]
        repeat {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(MarkupParser.largestPiece))
            rest = rest.dropFirst(piece.count)
            let text = piece.bindMemory(to: CChar.self).baseAddress
            let status = XML_Parse(parser, text, Int32(piece.count), rest.isEmpty ? 1 : 0)
            if let failure { throw failure }
            guard status == XML_STATUS_OK else {
                let problem = XML_ErrorString(XML_GetErrorCode(parser)).map { ": \(String(cString: $0))" } ?? ""
                throw VireoError(
                    .malformedFile, "the file is not well-formed XML\(problem)", in: ["line \(line)"],
                    remedy: "see whether the file is complete and was not changed by hand")
            }
        } while !rest.isEmpty
        guard let root else { throw VireoError(.malformedFile, "the file has no element") }
        return root
    }

    // MARK: - What Expat calls

    private static func from(_ data: UnsafeMutableRawPointer?) -> MarkupParser? {
        data.map { Unmanaged<MarkupParser>.fromOpaque($0).takeUnretainedValue() }
    }

    /// - Parameter attributes: names and values in turns, and nil at the end.
    private func begin(_ name: UnsafePointer<CChar>?, _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>?) {
        guard failure == nil, let name else { return }
        var list: [(name: String, value: String)] = []
        var next = attributes
        while let pair = next, let key = pair[0], let value = pair[1] {
            list.append((String(cString: key), String(cString: value)))
            next = pair + 2
        }
        let element = MarkupElement(name: String(cString: name), attributes: list, line: line)
        guard open.count < MarkupParser.largestDepth else {
            return stop(element.malformed("elements are nested more than \(MarkupParser.largestDepth) deep"))
        }
        if let parent = open.last {
            parent.append(element)
        } else {
            root = element
        }
        open.append(element)
    }

    private func add(_ characters: UnsafePointer<CChar>?, _ count: Int) {
        guard failure == nil, let element = open.last else { return }
        let bytes = UnsafeRawBufferPointer(start: characters, count: count)
        let isBlank = bytes.allSatisfy { [0x20, 0x0A, 0x09, 0x0D].contains($0) }
        if isBlank, element.text.isEmpty { return }
        element.append(String(decoding: bytes, as: UTF8.self))
    }

    private func check(_ encoding: UnsafePointer<CChar>?) {
        guard let encoding = encoding.map({ String(cString: $0).lowercased() }),
            !["utf-8", "us-ascii"].contains(encoding)
        else { return }
        stop(
            VireoError(
                .malformedFile, "the file is in the encoding \"\(encoding)\"", in: ["line \(line)"],
                remedy: "convert it to UTF-8"))
    }

    private func refuseDocumentType() {
        stop(
            VireoError(
                .malformedFile,
                "the file has a document type (<!DOCTYPE), which no IR needs and which can be an attack",
                in: ["line \(line)"], remedy: "remove the declaration"))
    }

    private func stop(_ error: VireoError) {
        if failure == nil { failure = error }
        XML_StopParser(parser, 0)
    }

    private var line: Int { Int(XML_GetCurrentLineNumber(parser)) }
}
