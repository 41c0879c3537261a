import Testing
import VireoIR
import VireoSerialization
import VireoTensor

@Suite("The XML of a document")
struct MarkupTests {
    private let body = IRText.relu.text.replacing("<?xml version=\"1.0\"?>", with: "")

    private func refusal(_ text: String) -> VireoError? { failure { _ = try IRText.model(text) } }

    @Test("may have comments, instructions, a byte order mark, other quotes and ends of lines")
    func forms() throws {
        let documents = [
            "\u{FEFF}<?xml version='1.0' encoding=\"UTF-8\" standalone=\"yes\"?>\r\n" + body,
            "<!-- a < b && --><?xml-stylesheet href=\"x\"?>" + body + "<!-- the end -->\n",
            body.replacing("\n", with: "\r\n"), body.replacing("<edges>", with: "<edges ><!-- edges -->"),
            body.replacing("\"", with: "'"),
        ]
        let expected = try IRText.model(body).nodes.map(\.name)
        for document in documents { #expect(try IRText.model(document).nodes.map(\.name) == expected) }
    }

    @Test("names characters by entities and numbers")
    func entities() throws {
        var text = IRText()
        text.parameter(0, "&lt;a&gt; &amp;amp; &quot;&apos;&#x3bb;&#955;\tä")
        text.result(1)
        text.edge(0, 0, 1, 0)
        #expect(try text.model().nodes[0].name == "<a> &amp; \"'λλ ä")
    }

    @Test(
        "is refused with the line where it is wrong",
        arguments: [
            "<net>\n<layers></net>", "<net>\n", "<net a=\"1\"\na=\"2\"/>", "<net a=1/>", "<net a='1'b='2'/>",
            "<net a=\"<\"/>", "<net a=\"1/>", "<net>\n&#0;</net>", "<net>\n&#xD800;</net>", "<net>&#1114112;</net>",
            "<net>& b</net>", "<net>\u{1}</net>", "</net>", "<net/><net/>", "<net/>text", "<>", "< net/>", "<net",
            "<net/", "<!-- <net/>", "<net><![CDATA[</net>", "<?xml version=\"1.0\"", "<net></net >x",
        ])
    func malformed(text: String) {
        let error = refusal(text)
        #expect(error?.code == .malformedFile)
        #expect(error?.context.contains { $0.hasPrefix("line ") } == true, "\(String(describing: error))")
    }

    @Test("may be cut anywhere")
    func cut() {
        let bytes = Array(IRText.relu.text.utf8)
        let whole = bytes.count - 1
        for count in 0..<whole where failure({ _ = try IRText.model(Array(bytes[..<count])) }) == nil {
            // Only what follows the last tag can be missing.
            #expect(bytes[count...].allSatisfy { [0x0A, 0x0D, 0x20].contains($0) }, "\(count)")
        }
    }
}
