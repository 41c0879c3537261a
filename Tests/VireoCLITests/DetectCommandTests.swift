import Foundation
import Testing
import Vireo
import VireoTestSupport

@Suite("Detecting")
struct DetectCommandTests {
    let folder: TemporaryFolder
    let photograph: String

    init() throws {
        folder = try TemporaryFolder()
        photograph = try folder.file("blue.bmp", SmallNetwork.bitmap(red: 0, green: 0, blue: 200))
    }

    /// A network that finds the same things in every picture: two boxes, of which one is improbable, and the end of the
    /// list.
    private func network() throws -> String {
        var model = Model(name: "boxes")
        let input = Output(try model.add(Parameter(.f32, PartialShape([1, 3, 8, 8] as Shape)), name: "input"))
        let axes = try model.addConstant(Tensor([Int64(0), 1, 2, 3]), name: "axes")
        let mean = Output(try model.add(Reduction(.mean, keepDims: true), [input, axes], name: "mean"))
        let zero = try model.addConstant(Tensor([Float(0)], [1, 1, 1, 1]), name: "zero")
        let nothing = Output(try model.add(BinaryElementwise(.multiply), [mean, zero], name: "nothing"))
        let rows: [Float] = [
            0, 2, 0.9, 0.25, 0.25, 0.75, 0.75,
            0, 1, 0.1, 0, 0, 1, 1,
            -1, 0, 0, 0, 0, 0, 0,
        ]
        let found = try model.addConstant(Tensor(rows, [1, 1, 3, 7]), name: "rows")
        let output = Output(try model.add(BinaryElementwise(.add), [nothing, found], name: "detection_out"))
        try model.add(Result(), [output], name: "result")
        try model.writeIR(directory: folder.path, name: "boxes")
        return folder.path("boxes.xml")
    }

    @Test("prints the published line for each thing found, with its label")
    func prints() throws {
        let labels = try folder.file("labels.txt", "background\nperson\nbicycle\n".utf8)
        let run = try CommandLineRun(["detect", "-m", network(), "-i", photograph, "--labels", labels])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("[0,2] element, prob = 0.900000    (2,2)-(6,6) batch id : 0 bicycle\n"))
        #expect(!run.output.contains("[1,1]"))
        let all = try CommandLineRun(["detect", "-m", network(), "-i", photograph, "--threshold", "0"])
        #expect(all.output.contains("[1,1] element, prob = 0.100000    (0,0)-(8,8)"))
    }

    @Test("draws frames into a copy of the photograph")
    func draws() throws {
        let run = try CommandLineRun([
            "detect", "-m", network(), "-i", photograph, photograph, "-o", folder.path("pictures"), "--json",
        ])
        #expect(run.status == 0, "\(run.errors)")
        struct Report: Decodable {
            struct Image: Decodable {
                struct Entry: Decodable { let corners: [Int] }
                let picture: String
                let detections: [Entry]
            }
            let images: [Image]
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
        #expect(report.images.map { $0.detections.map(\.corners) } == [[[2, 2, 6, 6]], [[2, 2, 6, 6]]])
        #expect(Set(report.images.map(\.picture)).count == 2)
        let picture = try Image(contentsOf: report.images[0].picture)
        #expect(picture.width == 8 && picture.height == 8)
        func pixel(_ x: Int, _ y: Int) -> [UInt8] { Array(picture.pixels[(y * 8 + x) * 3..<(y * 8 + x) * 3 + 3]) }
        #expect(pixel(0, 0) == [0, 0, 200])
        #expect(pixel(2, 2) != [0, 0, 200] && pixel(2, 2) == pixel(6, 6))
        #expect(pixel(4, 4) == [0, 0, 200])
    }

    @Test("says which outputs it knows when a model has others")
    func refusesOthers() throws {
        let network = try folder.file("small.pb", SmallNetwork.frozen)
        let run = try CommandLineRun(["detect", "-m", network, "-i", photograph])
        #expect(run.status == 1)
        #expect(run.errors.contains("detection_boxes"))
    }
}

@Suite("The outputs of detectors")
struct DetectionListTests {
    @Test("four lists of the Object Detection API are cut at the number of detections")
    func fourLists() throws {
        let boxes = Tensor([Float(0.1), 0.2, 0.3, 0.4, 0, 0, 1, 1, 0.5, 0.5, 0.6, 0.6], [1, 3, 4])
        let outputs = [
            boxes, Tensor([Float(0.9), 0.8, 0.7], [1, 3]), Tensor([Float(18), 1, 1], [1, 3]), Tensor([Float(2)], [1]),
        ]
        let names = [
            ["detection_boxes"], ["scores", "a/detection_scores:0"], ["detection_classes"], ["num_detections"],
        ]
        let found = try Detection.batch(outputs, names: names, images: 1)
        #expect(found.count == 1 && found[0].count == 2)
        #expect(found[0][0].classID == 18)
        #expect(abs(found[0][0].left - 0.2) < 1e-6 && abs(found[0][0].top - 0.1) < 1e-6)
        #expect(abs(found[0][0].right - 0.4) < 1e-6 && abs(found[0][0].bottom - 0.3) < 1e-6)
    }

    @Test("numbers that no detector should give do no harm")
    func strangeNumbers() throws {
        let nan = Float.nan
        let rows = try Detection.batch([Tensor([0, nan, 1, 0, 0, 1, 1], [1, 1, 1, 7])], names: [["out"]], images: 1)
        #expect(rows == [[]])
        let outputs = [
            Tensor([Float](repeating: 0, count: 4), [1, 1, 4]), Tensor([Float(1)], [1, 1]), Tensor([nan], [1, 1]),
            Tensor([nan], [1]),
        ]
        let names = [["detection_boxes"], ["detection_scores"], ["detection_classes"], ["num_detections"]]
        #expect(try Detection.batch(outputs, names: names, images: 1) == [[]])
        let other = Tensor([Float(7), 1, 1, 0, 0, 1, 1], [1, 1, 1, 7])
        #expect(throws: VireoError.self) { try Detection.batch([other], names: [["out"]], images: 1) }
    }
}
