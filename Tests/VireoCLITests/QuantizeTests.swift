import Foundation
import Testing
import Vireo
import VireoTestSupport

@Suite("vireo quantize")
struct QuantizeTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A small IR for 8x8 photographs: one convolution, its mean over the image, a softmax.
    private func network() throws -> String {
        var model = Model(name: "small")
        let input = Output(try model.add(Parameter(.f32, PartialShape([1, 3, 8, 8])), name: "input"))
        let weights = try model.addConstant(
            Tensor((0..<36).map { Float(($0 * 7) % 11 - 5) / 500 }, [12, 3, 1, 1]), name: "weights")
        let layer = Output(
            try model.add(Convolution(SlidingWindow(strides: [1, 1])), [input, weights], name: "layer"))
        let axes = try model.addConstant(Tensor([Int64(2), 3]), name: "axes")
        let mean = Output(try model.add(Reduction(.mean, keepDims: false), [layer, axes], name: "mean"))
        let result = Output(try model.add(SoftMax(axis: 1), [mean], name: "probabilities"))
        try model.add(Result(), [result], name: "result")
        _ = try model.writeIR(directory: folder.path, name: "small")
        for (index, name) in ["a", "b", "c"].enumerated() {
            let shade = UInt8(60 * index + 40)
            _ = try folder.file("\(name).bmp", SmallNetwork.bitmap(red: shade, green: 255 - shade, blue: 30))
        }
        return folder.path("small.xml")
    }

    private func photographs() -> [String] { ["a", "b", "c"].map { folder.path("\($0).bmp") } }

    @Test("writes an IR beside a report of what was lost where")
    func report() throws {
        let run = try CommandLineRun(
            ["quantize", "-m", try network(), "-o", folder.path("out"), "-i"] + photographs())
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("Layers in int8: 1 of 1"))
        #expect(run.output.contains("Best class kept: 3 of 3 images"))
        #expect(run.output.contains("Convolution       layer"))
        let model = try Model(irFile: folder.path("out/small_int8.xml"))
        #expect(model.nodes.count { $0.operation is FakeQuantize } == 2)
        let classified = try CommandLineRun(
            ["classify", "-m", folder.path("out/small_int8.xml"), "-nt", "1", "-i"] + photographs())
        #expect(classified.status == 0, "\(classified.errors)")
    }

    @Test("--json prints the report for programs, and --keep leaves layers in f32")
    func json() throws {
        struct Document: Decodable {
            struct Report: Decodable {
                struct Layer: Decodable {
                    let name: String
                    let precision: String
                    let signalToNoise: Double
                }

                let layers: [Layer]
                let agreement: Double
            }

            let model: String
            let photographs: Int
            let report: Report
        }
        let network = try network()
        for (flags, precision) in [([], "int8"), (["--keep", "layer"], "f32")] {
            let run = try CommandLineRun(
                ["quantize", "-m", network, "-o", folder.path, "-n", "rounded", "--json"] + flags + ["-i"]
                    + photographs())
            #expect(run.status == 0, "\(run.errors)")
            let document = try JSONDecoder().decode(Document.self, from: Data(run.output.utf8))
            #expect(document.model == folder.path("rounded.xml") && document.photographs == 3)
            #expect(document.report.layers.map(\.name) == ["layer"] && document.report.agreement == 1)
            #expect(document.report.layers[0].precision == precision && document.report.layers[0].signalToNoise > 20)
        }
    }

    @Test("what cannot be is refused: numbers out of range, a layer that is not there, a model without layers")
    func refusals() throws {
        let network = try network()
        for flags in [["--target_agreement", "2"], ["--percentile", "0"], ["--ranges", "guess"]] {
            let run = try CommandLineRun(["quantize", "-m", network] + flags + ["-i"] + photographs())
            #expect(run.status == 64)
        }
        let unknown = try CommandLineRun(["quantize", "-m", network, "--keep", "head", "-i"] + photographs())
        #expect(unknown.status == 1 && unknown.errors.contains("no layer to quantize is called \"head\""))
        let mean = try folder.file("mean.pb", SmallNetwork.frozen)
        let empty = try CommandLineRun(["quantize", "-m", mean, "-i"] + photographs())
        #expect(empty.status == 1 && empty.errors.contains("no convolution and no matrix product"))
    }
}
