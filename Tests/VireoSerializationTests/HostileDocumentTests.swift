import Testing
import VireoIR
import VireoSerialization
import VireoTensor

@Suite("A hostile or damaged document")
struct HostileDocumentTests {
    private func refusal(_ text: String, weights: [UInt8] = []) -> VireoError? {
        failure { _ = try IRText.model(text, weights: weights) }
    }

    private let body = IRText.relu.text.replacing("<?xml version=\"1.0\"?>", with: "")

    @Test("with a document type is refused by name, before any entity is expanded")
    func documentTypes() {
        let laughs = (1...9).map { "<!ENTITY l\($0) \"" + String(repeating: "&l\($0 - 1);", count: 10) + "\">" }
        let documents = [
            "<?xml version=\"1.0\"?><!DOCTYPE net [<!ENTITY l0 \"lol\">\(laughs.joined())]><net name=\"&l9;\"/>",
            "<!DOCTYPE net [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><net name=\"&x;\" version=\"11\"/>",
            "<!DOCTYPE net SYSTEM \"http://localhost/net.dtd\"><net/>",
            "\n<!DOCTYPE net>" + body,
        ]
        for document in documents {
            let error = refusal(document)
            #expect(error?.code == .malformedFile && error?.message.contains("<!DOCTYPE") == true)
        }
    }

    @Test("with an entity nobody declared is refused")
    func undeclaredEntity() {
        #expect(refusal("<net name=\"&boom;\" version=\"11\"></net>")?.code == .malformedFile)
        #expect(refusal("<net version=\"11\">&boom;</net>")?.code == .malformedFile)
    }

    @Test("in another encoding is refused")
    func encodings() {
        #expect(refusal("<?xml version=\"1.0\" encoding=\"UTF-7\"?>" + body)?.message.contains("utf-7") == true)
        #expect(refusal("<?xml version=\"1.0\" encoding = 'utf-16'?>" + body)?.code == .malformedFile)
        #expect(refusal("<?xml version=\"1.0\" encoding=\"UTF-8\"?>" + body) == nil)
        let wide = body.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
        #expect(failure { _ = try IRText.model([0xFF, 0xFE] + wide) }?.code == .malformedFile)
        #expect(failure { _ = try IRText.model(wide) }?.code == .malformedFile)
        #expect(failure { _ = try IRText.model([0xEF, 0xBB, 0xBF] + Array(body.utf8)) } == nil)
    }

    @Test("nested deeply is refused", arguments: [65, 1_000, 200_000])
    func nesting(depth: Int) {
        let text = String(repeating: "<net>", count: depth) + String(repeating: "</net>", count: depth)
        #expect(refusal(text)?.message == "elements are nested more than 64 deep")
        #expect(refusal(String(repeating: "<net>", count: depth))?.code == .malformedFile)
    }

    @Test("that is no IR is refused")
    func otherFiles() {
        #expect(refusal("")?.code == .malformedFile)
        #expect(refusal(" ")?.code == .malformedFile)
        #expect(refusal("hello")?.code == .malformedFile)
        #expect(refusal("<html/>")?.message == "the root element is <html>, and <net> is expected")
        #expect(refusal("<net/>")?.message == "<net> has no attribute \"version\"")
        #expect(refusal("<net version=\"11\"/>")?.message == "the model has no Result")
        #expect(refusal(body + body)?.code == .malformedFile)
    }

    static let absurdNumbers = [
        "-1", "", " ", "x", "1e3", "0x10", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
        "99999999999999999999999999", "18446744073709551615", "4611686018427387904",
    ]

    @Test("with absurd numbers gives an error or a model", arguments: absurdNumbers)
    func numbers(number: String) throws {
        for key in ["offset", "size"] {
            var text = IRText.constant(type: "f32", shape: "2", size: "8")
            text.layers[0] = text.layers[0].replacing(
                key == "offset" ? "offset=\"0\"" : "size=\"8\"", with: "\(key)=\"\(number)\"")
            #expect(refusal(text.text, weights: Array(repeating: 0, count: 16)) != nil, "\(key)=\(number)")
        }
        for shape in [number, "\(number),\(number)", "2,\(number)", "..\(number)", "\(number)..", "5..\(number)"] {
            let constant = IRText.constant(type: "f32", shape: shape, size: "8")
            if let error = refusal(constant.text) { #expect(error.code != .internalError) }
            var parameter = IRText.relu
            parameter.layers[0] = parameter.layers[0].replacing("1,2", with: shape)
            if let error = refusal(parameter.text) { #expect(error.code != .internalError) }
        }
        for key in ["id=", "from-layer=", "to-port="] {
            let text = body.replacing(key + "\"1\"", with: key + "\"\(number)\"")
            if let error = refusal(text) { #expect(error.code != .internalError) }
        }
    }

    @Test("with absurd attributes gives an error or a model", arguments: absurdNumbers)
    func attributes(number: String) throws {
        let windows = ["strides", "dilations", "pads_begin", "pads_end", "kernel"]
        for changed in windows {
            for shape in ["1,2,9", "1,2,281474976710656", "1,2,9223372036854775807"] {
                let data = windows.map { "\($0)=\"\($0 == changed ? number : "1")\"" }.joined(separator: " ")
                var text = IRText()
                text.parameter(0, shape: shape)
                text.layer(1, "pool", "MaxPool", opset: "opset8", data: data, outputs: 2)
                text.result(2)
                text.edge(0, 0, 1, 0)
                text.edge(1, 1, 2, 0)
                if let error = refusal(text.text) { #expect(error.code != .internalError) }
            }
        }
        for (type, key) in [("SoftMax", "axis"), ("Concat", "axis"), ("LRN", "size"), ("Split", "num_splits")] {
            var text = IRText()
            text.parameter(0, shape: "1,2,281474976710656")
            text.layer(1, "node", type, opset: "opset8", data: "\(key)=\"\(number)\"")
            text.result(2)
            text.edge(0, 0, 1, 0)
            text.edge(1, 1, 2, 0)
            if let error = refusal(text.text) { #expect(error.code != .internalError) }
        }
    }

    @Test("with one name for twenty thousand layers is read")
    func manyEqualNames() throws {
        var text = IRText()
        text.parameter(0, "x")
        for id in 1...20_000 {
            text.layer(id, "x", "ReLU")
            text.edge(id - 1, id == 1 ? 0 : 1, id, 0)
        }
        text.result(20_001, "x")
        text.edge(20_000, 1, 20_001, 0)
        let model = try text.model()
        #expect(Set(model.nodes.map(\.name)).count == 20_002)
    }
}
