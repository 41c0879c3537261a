import Foundation
import Testing
import VireoTensor
import VireoTensorFlow
import VireoTestSupport

@Suite("Reading a binary graph")
struct GraphReadingTests {
    @Test("names, operations, devices, inputs and control inputs are read in the file's order")
    func nodes() throws {
        let graph = try GraphDef(
            bytes: graphBytes { graph in
                graph.node("x", "Placeholder") { $0.string(Field.Node.device, "/gpu:0") }
                graph.node("parts", "Split", inputs: ["x", "x:0", "^x"])
                graph.node("sum", "AddV2", inputs: ["parts:12", "x", "^parts", "^x"])
                graph.message(Field.Graph.versions) { $0.varint(1, 134) }
            })
        #expect(graph.nodes.map(\.name) == ["x", "parts", "sum"])
        #expect(graph.nodes.map(\.op) == ["Placeholder", "Split", "AddV2"])
        #expect(graph["x"]?.device == "/gpu:0")
        #expect(graph["parts"]?.inputs == [TensorRef("x"), TensorRef("x", port: 0)])
        #expect(graph["sum"]?.inputs == [TensorRef("parts", port: 12), TensorRef("x")])
        #expect(graph["sum"]?.controlInputs == ["parts", "x"])
        #expect(graph.index(of: "sum") == 2)
        #expect(graph["nobody"] == nil)
        #expect(graph.producer == 134)
    }

    @Test("attributes of every kind are read")
    func attributes() throws {
        let node = try GraphDef(
            bytes: graphBytes { graph in
                graph.node("n", "Op") { node in
                    node.attribute("i") { $0.varint(Field.Value.int, -7) }
                    node.attribute("f") { $0.fixed32(Field.Value.float, Float(0.25).bitPattern) }
                    node.attribute("b") { $0.varint(Field.Value.bool, 1) }
                    node.attribute("s") { $0.string(Field.Value.string, "SAME") }
                    node.attribute("raw") { $0.data(Field.Value.string, [0xFF, 0x00]) }
                    node.attribute("t") { $0.varint(Field.Value.type, 103) }
                    node.attribute("shape") { $0.message(Field.Value.shape) { $0.dimensions([-1, 224, 0]) } }
                    node.attribute("scalar") { $0.message(Field.Value.shape) { _ in } }
                    node.attribute("unranked") { $0.message(Field.Value.shape) { $0.varint(3, 1) } }
                    node.attribute("p") { $0.string(Field.Value.placeholder, "T") }
                    node.attribute("fn") { value in
                        value.message(Field.Value.function) { function in
                            function.string(1, "body")
                            function.message(2) { entry in
                                entry.string(1, "N")
                                entry.message(2) { $0.varint(Field.Value.int, 3) }
                            }
                        }
                    }
                    node.attribute("nothing") { _ in }
                }
            }
        ).nodes[0]
        #expect(try node.int("i") == -7)
        #expect(try node.float("f") == 0.25)
        #expect(try node.bool("b"))
        #expect(try node.string("s") == "SAME")
        #expect(try node.type("t").description == "int32_ref")
        #expect(try node.type("t").base == .int32)
        #expect(try node.shape("shape").description == "[?,224,0]")
        #expect(try node.shape("scalar") == .ranked([]))
        #expect(try node.shape("unranked") == .unranked)
        guard case .string(let raw) = node.attributes["raw"] else { throw Unexpected(node) }
        #expect(raw == [0xFF, 0x00])
        guard case .placeholder("T") = node.attributes["p"] else { throw Unexpected(node) }
        guard case .function("body", let arguments) = node.attributes["fn"] else { throw Unexpected(node) }
        guard case .int(3) = arguments["N"] else { throw Unexpected(node) }
        guard case .empty = node.attributes["nothing"] else { throw Unexpected(node) }
    }

    @Test("lists are read, packed or not, and an empty list is a list of anything")
    func lists() throws {
        let node = try GraphDef(
            bytes: graphBytes { graph in
                graph.node("n", "Op") { node in
                    node.attribute("packed") { $0.message(Field.Value.list) { $0.data(3, [1, 2, 0xAC, 0x02]) } }
                    node.attribute("loose") { value in
                        value.message(Field.Value.list) { list in
                            list.varint(3, 1)
                            list.varint(3, -1)
                        }
                    }
                    node.attribute("floats") { $0.message(Field.Value.list) { $0.data(4, [0, 0, 0x80, 0x3F]) } }
                    node.attribute("bools") { $0.message(Field.Value.list) { $0.data(5, [1, 0]) } }
                    node.attribute("types") { $0.message(Field.Value.list) { $0.data(6, [1, 9]) } }
                    node.attribute("strings") { value in
                        value.message(Field.Value.list) { list in
                            list.string(2, "a")
                            list.string(2, "")
                        }
                    }
                    node.attribute("shapes") { $0.message(Field.Value.list) { $0.message(7) { $0.dimensions([2]) } } }
                    node.attribute("empty") { $0.message(Field.Value.list) { _ in } }
                }
            }
        ).nodes[0]
        #expect(try node.ints("packed") == [1, 2, 300])
        #expect(try node.ints("loose") == [1, -1])
        #expect(try node.floats("floats") == [1])
        #expect(try node.bools("bools") == [true, false])
        #expect(try node.types("types") == [.float, .int64])
        #expect(try node.strings("strings") == ["a", ""])
        #expect(try node.shapes("shapes") == [PartialShape([2])])
        #expect(try node.ints("empty") == [])
        #expect(try node.strings("empty") == [])
    }

    @Test("an accessor takes the fallback when the attribute is absent, and names the node when there is none")
    func accessors() throws {
        let node = NodeDef("conv", op: "Conv2D", attributes: ["strides": .int(1)])
        #expect(try node.ints("dilations", default: [1, 1]) == [1, 1])
        let missing = failure { _ = try node.string("padding") }
        #expect(missing?.message == "the attribute \"padding\" is missing")
        #expect(missing?.context == ["node \"conv\" (Conv2D)"])
        let wrong = failure { _ = try node.ints("strides", default: []) }
        #expect(wrong?.message == "the attribute \"strides\" is an integer and should be a list of integers")
    }

    @Test("fields that later TensorFlow versions may add are skipped")
    func unknownFields() throws {
        let graph = try GraphDef(
            bytes: graphBytes { graph in
                graph.node("n", "Op") { node in
                    node.message(6) { $0.string(1, "original") }
                    node.varint(100, 5)
                    node.fixed32(101, 5)
                    node.fixed64(102, 5)
                }
                graph.message(5) { $0.string(1, "file.py") }
            })
        #expect(graph.nodes.map(\.name) == ["n"])
    }

    @Test("an input is \"node\" or \"node:port\"")
    func tensorRefs() throws {
        #expect(try TensorRef(parsing: "a/b:3") == TensorRef("a/b", port: 3))
        #expect(TensorRef("a", port: 2).description == "a:2")
        #expect(TensorRef("a").description == "a")
        for text in ["", ":1", "a:", "a:b", "a:-1", "a:1:2", "^a", "a:99999999999999999999"] {
            #expect(failure { _ = try TensorRef(parsing: text) }?.code == .invalidArgument, "\(text)")
        }
    }

    struct Unexpected: Error {
        let node: NodeDef
        init(_ node: NodeDef) { self.node = node }
    }
}

@Suite("Graph files that cannot be read")
struct GraphFileErrorTests {
    let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/vireo-graph-tests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func error(reading name: String, _ bytes: [UInt8]) throws -> VireoError? {
        let path = folder + "/" + name
        try Data(bytes).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let error = failure { _ = try GraphDef(contentsOf: path) }
        #expect(error?.context.first == path)
        return error
    }

    @Test("a missing file and a folder are named")
    func unreadable() {
        let missing = failure { _ = try GraphDef(contentsOf: folder + "/none.pb") }
        #expect(missing?.code == .notFound)
        #expect(missing?.context == [folder + "/none.pb"])
        let directory = failure { _ = try GraphDef(contentsOf: folder) }
        #expect(directory?.code == .inputOutput)
        #expect(directory?.message.hasSuffix("is a folder, not a regular file") == true)
        let device = failure { _ = try GraphDef(contentsOf: "/dev/zero") }
        #expect(device?.message.hasSuffix("is a pipe or a device, not a regular file") == true)
        try? FileManager.default.removeItem(atPath: folder)
    }

    @Test("a file without read permission says so", .enabled(if: getuid() != 0, "root may read every file"))
    func noPermission() throws {
        let path = folder + "/locked.pb"
        #expect(FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0]))
        #expect(failure { _ = try GraphDef(contentsOf: path) }?.message == "permission to read the file is denied")
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test("an empty file is not a TensorFlow graph")
    func empty() throws {
        let error = try error(reading: "empty.pb", [])
        #expect(error?.code == .malformedFile)
        #expect(error?.faq == 43)
        #expect(error?.message == "the file is empty")
    }

    @Test(
        "a text graph is recognised and the flag for it named",
        arguments: [
            "node {\n  name: \"x\"\n}\n", "# comment\nnode: {}\n", "versions {\n  producer: 1\n}\n", "  library{}",
        ])
    func text(_ text: String) throws {
        let error = try error(reading: "graph.pb", Array(text.utf8))
        #expect(error?.message == "this is a graph in text form (.pbtxt), and a binary one is expected")
        #expect(error?.remedy == "add --input_model_is_text")
        #expect(error?.faq == 43)
    }

    @Test(
        "other kinds of files are named",
        arguments: [
            ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a text file"),
            ("<html><body>node</body></html>", "a text file"),
            ("PK\u{3}\u{4}......", "a zip archive"),
            ("\u{8}\u{1}\u{12}\u{0}", "a SavedModel"),
            ("....TFL3....", "a TensorFlow Lite model"),
        ])
    func otherForms(_ text: String, _ form: String) throws {
        let error = try error(reading: "model.pb", Array(text.utf8))
        #expect(error?.message == "this is \(form) and not a TensorFlow graph")
        #expect(error?.faq == 43)
    }

    @Test("a file above protobuf's limit is refused before it is read")
    func tooLarge() throws {
        let path = folder + "/huge.pb"
        #expect(FileManager.default.createFile(atPath: path, contents: Data([0x0A, 0x00])))
        try #require(truncate(path, 1 << 31) == 0)
        let error = failure { _ = try GraphDef(contentsOf: path) }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("2 GiB") == true)
        try FileManager.default.removeItem(atPath: folder)
    }
}
