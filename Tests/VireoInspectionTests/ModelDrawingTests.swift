import Foundation
import FoundationXML
import Testing
import Vireo

@Suite("Drawing a model")
struct ModelDrawingTests {
    /// The number of elements by name, when the text is well-formed XML.
    private final class Counter: NSObject, XMLParserDelegate {
        var counts: [String: Int] = [:]
        var texts = ""

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) { counts[name, default: 0] += 1 }

        func parser(_ parser: XMLParser, foundCharacters string: String) { texts += string }
    }

    private func elements(_ svg: String) throws -> Counter {
        let counter = Counter()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = counter
        try #require(parser.parse(), "\(String(describing: parser.parserError))")
        return counter
    }

    @Test("the SVG is well-formed and shows every operation with its shape")
    func structure() throws {
        let drawn = try elements(ModelDrawing(BranchedNetwork.model()).svg())
        // 8 operations, the input and the output.
        #expect(drawn.counts["g"] == 10)
        #expect(drawn.counts["path"] == 10)
        for text in ["Convolution", "Concat", "1×8×6×6", "1×3×6×6", "branch_1/relu"] {
            #expect(drawn.texts.contains(text), "\(text)")
        }
    }

    @Test("names that look like markup do no harm")
    func escaping() throws {
        var model = Model(name: "<script>")
        let input = Output(try model.add(Parameter(.f32, PartialShape([2] as Shape)), name: "a<b>&\"c\u{1}"))
        try model.add(Result(), [input], name: "</svg>")
        let drawing = try ModelDrawing(model)
        #expect(try elements(drawing.svg()).counts["g"] == 2)
        #expect(!drawing.html.contains("<script"))
    }

    @Test("the page of a model that ran has devices and times, and needs nothing from elsewhere")
    func page() throws {
        let explanation = try Explanation(
            BranchedNetwork.model(), on: "REFERENCE", Core(), inputs: [BranchedNetwork.input()])
        let html = try ModelDrawing(explanation).html
        #expect(html.contains("REFERENCE") && html.contains(" ms"))
        #expect(html.contains("<title>branched</title>"))
        let links = html.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
        #expect(!links.contains("http") && !links.contains("<script") && !links.contains("<link"))
    }

    @Test("a large network collapses into its name scopes, and each opens as a section of its own")
    func collapses() throws {
        var model = Model(name: "deep")
        var value = Output(try model.add(Parameter(.f32, PartialShape([1, 4] as Shape)), name: "input"))
        for block in 0..<30 {
            for layer in 0..<10 {
                value = Output(
                    try model.add(UnaryElementwise(.relu), [value], name: "block_\(block)/layer_\(layer)/relu"))
            }
        }
        try model.add(Result(), [value], name: "result")
        let drawing = try ModelDrawing(model)
        #expect(try elements(drawing.svg()).counts["g"] == 32)
        #expect(try elements(drawing.svg(scope: "block_7")).counts["g"] == 12)
        let sections = drawing.html.components(separatedBy: "<section").count - 1
        #expect(sections == 31)
        #expect(throws: VireoError.self) { try drawing.svg(scope: "nowhere") }
    }
}
