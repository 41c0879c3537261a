import Foundation
import Testing
import Vireo
import VireoTestSupport

@Suite("Flags that teach the converter")
struct ExtensionTests {
    private let folder: TemporaryFolder
    private let network: String

    init() throws {
        folder = try TemporaryFolder()
        var graph = ProtobufWriter()
        graph.node("input", "Placeholder") { node in
            node.attribute("dtype") { $0.varint(6, 1) }
            node.attribute("shape") { $0.message(7) { $0.message(2) { $0.varint(1, 4) } } }
        }
        graph.node("relu", "Relu", inputs: ["input"]) { _ in }
        graph.node("shrunk", "SoftShrink", inputs: ["relu"]) { node in
            node.attribute("lambda") { $0.fixed32(4, Float(0.5).bitPattern) }
        }
        network = try folder.file("shrink.pb", graph.bytes)
    }

    private var example: String {
        CommandLineRun.executable.deletingLastPathComponent().appending(path: "libfixture_example.so").path
    }

    private func convert(_ arguments: String...) throws -> CommandLineRun {
        try CommandLineRun(["convert", "--input_model", network, "-o", folder.path] + arguments)
    }

    @Test("--extensions converts an operation that a plugin has, and the plugin runs it from the IR")
    func extensions() throws {
        let unknown = try convert()
        #expect(unknown.status == 1 && unknown.errors.contains("SoftShrink (1)"))
        let run = try convert("--extensions", example)
        #expect(run.status == 0, "\(run.errors)")
        let xml = try String(contentsOfFile: folder.path("shrink.xml"), encoding: .utf8)
        #expect(xml.contains("type=\"SoftShrink\" version=\"extension\""))
        #expect(xml.contains("lambda=\"0.5\""))
        let core = try Core(searchPaths: [example])
        let compiled = try core.compile(Model(irFile: folder.path("shrink.xml")), device: "EXAMPLE")
        let output = try compiled.makeRequest().run([Tensor([Float(-2), 0.25, 1, 3])])
        #expect(output == [Tensor([Float(0), 0, 0.5, 2.5])])
    }

    @Test("what cannot have an effect is an error, and what needs none a warning")
    func configurations() throws {
        let config = try folder.file("ssd.json", "[{\"id\": \"ObjectDetectionAPIPreprocessor\", \"x\": 1}]".utf8)
        let empty = try folder.file("none.json", "[]".utf8)
        func run(_ arguments: String...) throws -> CommandLineRun {
            try CommandLineRun(
                ["convert", "--input_model", network, "-o", folder.path, "--extensions", example] + arguments)
        }
        for flag in ["--transformations_config", "--tensorflow_custom_operations_config_update"] {
            let refused = try run(flag, config)
            #expect(refused.status == 1 && refused.errors.contains("ObjectDetectionAPIPreprocessor"))
            #expect(try run(flag, empty).status == 0)
            #expect(try run(flag, folder.path("absent.json")).errors.contains("absent.json"))
        }
        #expect(try run("--tensorflow_object_detection_api_pipeline_config", config).status == 1)
        let libraries = try run("--tensorflow_custom_layer_libraries", "ops.so")
        #expect(libraries.status == 0 && libraries.errors.contains("[ WARNING ]"))
    }

    @Test("--layout excludes --source_layout and --target_layout")
    func layouts() throws {
        #expect(try convert("--layout", "n", "--source_layout", "n").errors.contains("together with"))
        #expect(try convert("--finegrain_fusing", "(").errors.contains("no regular expression"))
    }

    @Test("FP16 weights that do not fit are counted in warnings with their question's number")
    func halfPrecision() throws {
        var graph = ProtobufWriter()
        graph.node("input", "Placeholder") { node in
            node.attribute("dtype") { $0.varint(6, 1) }
            node.attribute("shape") { $0.message(7) { $0.message(2) { $0.varint(1, 2) } } }
        }
        graph.node("weights", "Const") { node in
            node.attribute("dtype") { $0.varint(6, 1) }
            node.attribute("value") { value in
                value.message(8) { tensor in
                    tensor.varint(1, 1)
                    tensor.message(2) { $0.message(2) { $0.varint(1, 2) } }
                    tensor.data(
                        4,
                        [Float(1e9), 1e-9].flatMap { value in
                            withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
                        })
                }
            }
        }
        graph.node("sum", "Add", inputs: ["input", "weights"]) { _ in }
        let file = try folder.file("large.pb", graph.bytes)
        let run = try CommandLineRun(["convert", "-m", file, "-o", folder.path, "--data_type", "half"])
        #expect(run.status == 0)
        #expect(run.errors.contains("1 weights are too large for FP16") && run.errors.contains("question 76"))
        #expect(run.errors.contains("1 weights are too small for FP16") && run.errors.contains("question 77"))
    }
}
