import Foundation
import FoundationXML
import Testing
import VireoIR
import VireoRuntime
import VireoSerialization
import VireoTestSupport

/// What Netron's reader of OpenVINO IR asks of a file. `conformance/netron` runs that reader itself.
@Suite struct ViewerTests {
    private struct Port: Hashable {
        let layer: String
        let id: String
    }

    private struct File {
        var inputs: [Port: [String]] = [:]
        var outputs: [Port: [String]] = [:]
        var edges: [(from: Port, to: Port)] = []
        var names: [String] = []

        init(_ path: String) throws {
            let root = try #require(XMLDocument(contentsOf: URL(filePath: path)).rootElement())
            try #require(root.name == "net")
            #expect(root.attribute(forName: "name")?.stringValue?.isEmpty == false)
            for part in ["layers", "edges"] { try #require(root.elements(forName: part).count == 1) }
            for layer in root.elements(forName: "layers")[0].elements(forName: "layer") {
                let id = try File.text("id", of: layer)
                for name in ["name", "type", "version"] { #expect(try !File.text(name, of: layer).isEmpty) }
                names.append(try File.text("name", of: layer))
                for part in ["data", "input", "output", "blobs", "body", "port_map"] {
                    #expect(layer.elements(forName: part).count <= 1, "\(part) of layer \(id)")
                }
                for port in layer.elements(forName: "input").flatMap({ $0.elements(forName: "port") }) {
                    let key = Port(layer: id, id: try File.text("id", of: port))
                    #expect(inputs.updateValue(try File.dimensions(port), forKey: key) == nil)
                }
                for port in layer.elements(forName: "output").flatMap({ $0.elements(forName: "port") }) {
                    let key = Port(layer: id, id: try File.text("id", of: port))
                    #expect(outputs.updateValue(try File.dimensions(port), forKey: key) == nil)
                    #expect(try !File.text("precision", of: port).isEmpty)
                    // A port's number names a value, so an output must not have that of an input.
                    #expect(inputs[key] == nil)
                }
            }
            for edge in root.elements(forName: "edges")[0].elements(forName: "edge") {
                edges.append(
                    (
                        Port(layer: try File.text("from-layer", of: edge), id: try File.text("from-port", of: edge)),
                        Port(layer: try File.text("to-layer", of: edge), id: try File.text("to-port", of: edge))
                    ))
            }
        }

        private static func text(_ name: String, of element: XMLElement) throws -> String {
            try #require(element.attribute(forName: name)?.stringValue, "no \(name) in \(element.xmlString)")
        }

        private static func dimensions(_ port: XMLElement) throws -> [String] {
            let texts = port.elements(forName: "dim").map { $0.stringValue ?? "" }
            for text in texts { #expect(Int(text) != nil, "a dimension of \"\(text)\"") }
            return texts
        }
    }

    @Test(
        arguments: [
            ("EXAMPLE", [:]), ("HETERO:PARTIAL,EXAMPLE", ["PERF_COUNT": "YES"]),
            ("MULTI:EXAMPLE,OTHER", ["PERF_COUNT": "YES"]),
        ] as [(String, [String: String])])
    func `an execution graph can be read by viewers`(device: String, properties: [String: String]) throws {
        let folder = try TemporaryFolder()
        let partial = try folder.variant(of: .example, named: "PARTIAL", without: ["ReLU"], as: "libpartial.so")
        let core = try Core(searchPaths: [
            Fixture.example.path, partial, try folder.copy(.flaky, as: "libOTHER.so"),
        ])
        let request = try core.compile(.sample(), device: device, properties: Configuration(properties)).makeRequest()
        _ = try request.run([sampleInput])
        let graph = try #require(request.model.executionGraph).timed(by: request.profile)
        try graph.writeIR(directory: folder.path(""), name: "execution")
        let file = try File(folder.path("execution.xml"))

        #expect(Set(file.names).isSuperset(of: ["data", "relu", "sum", "shrunk", "result"]))
        #expect(Set(file.names).count == file.names.count)
        #expect(
            Set(file.edges.map(\.to)) == Set(file.inputs.keys), "an input port without an edge, or another way round")
        #expect(file.edges.count == file.inputs.count)
        for edge in file.edges {
            let from = try #require(file.outputs[edge.from], "an edge from a port that is not there")
            #expect(from == file.inputs[edge.to])
        }
    }
}
