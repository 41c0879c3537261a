import Foundation
import Testing
import Vireo
import VireoTestSupport

/// One detector with one photograph in which OpenVINO found something.
struct DetectionGolden: Sendable, Decodable, CustomTestStringConvertible {
    let model: String
    let precision: String
    let image: String
    /// Image, label, confidence and corners, in the model's order.
    let rows: [[Double]]

    var testDescription: String { "\(model) \(precision), \(image)" }

    static let all: [DetectionGolden] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/detections.json")
        do {
            return try JSONDecoder().decode([DetectionGolden].self, from: Data(contentsOf: file))
        } catch { fatalError("the detections cannot be read: \(error)") }
    }()

    /// The photograph as the script beside the file samples it.
    func input() throws -> Tensor {
        let photograph = try Image(contentsOf: ModelsFolder.file("images/\(image).bmp"))
        let size = 384
        var planes = [Float](repeating: 0, count: 3 * size * size)
        for y in 0..<size {
            for x in 0..<size {
                let pixel = (y * photograph.height / size * photograph.width + x * photograph.width / size) * 3
                for channel in 0..<3 {
                    planes[(channel * size + y) * size + x] = Float(photograph.pixels[pixel + 2 - channel])
                }
            }
        }
        return Tensor(planes, [1, 3, size, size])
    }

    /// f32 rounding through forty convolutions. In 8 bits a value that falls between two levels becomes one or the
    /// other by that rounding, layer after layer, and OpenVINO computes those layers in integers: two right results
    /// differ by 0.025 here, as those of our own devices do.
    var tolerance: Double { precision == "FP16" ? 1e-4 : 0.03 }

    /// The least confidence of the rows that are compared; the file has those of at least 0.04.
    var leastConfidence: Double { precision == "FP16" ? 0.04 : 0.5 }
}

@Suite("Detectors of the Open Model Zoo find what OpenVINO finds", .serialized)
struct DetectionTests {
    @Test(
        "on the reference and on the processor",
        .enabled(if: ModelsFolder.isPresent, "needs the models folder (VIREO_MODELS)"),
        arguments: DetectionGolden.all, ["REFERENCE", "CPU"])
    func rowsEqualOpenVINO(_ golden: DetectionGolden, _ device: String) throws {
        let core = try #require(GoldenCase.core)
        let file = try ModelsFolder.file("trained/ir/\(golden.model)/\(golden.precision)/\(golden.model).xml")
        let compiled = try core.compile(Model(irFile: file), device: device)
        let output = try compiled.makeRequest().run([golden.input()])[0]
        #expect(output.shape == [1, 1, 200, 7])
        let values = try output.doubles()
        let rows = (0..<200).map { Array(values[$0 * 7..<$0 * 7 + 7]) }
        let found = rows.prefix { $0[0] == 0 }
        func agree(_ left: [Double], _ right: [Double]) -> Bool {
            left[1] == right[1] && zip(left, right).allSatisfy { abs($0 - $1) <= golden.tolerance }
        }
        for expected in golden.rows where expected[2] >= golden.leastConfidence {
            #expect(found.contains { agree($0, expected) }, "\(expected) is not among \(found)")
        }
        for row in found where row[2] >= golden.leastConfidence + golden.tolerance {
            #expect(golden.rows.contains { agree($0, row) }, "\(row) is not among \(golden.rows)")
        }
    }
}
