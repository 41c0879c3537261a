import Foundation
import Testing
import Vireo
import VireoTestSupport

@Suite("The commands that look into models")
struct InspectionCommandTests {
    let folder: TemporaryFolder
    let network: String

    init() throws {
        folder = try TemporaryFolder()
        network = try folder.file("small.pb", SmallNetwork.frozen)
    }

    @Test("compare ends with 0 when devices agree and prints the layers")
    func compares() throws {
        let run = try CommandLineRun(["compare", "-m", network, "-d", "OPENBLAS,REFERENCE", "--all-values"])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("OPENBLAS against REFERENCE: 2 of 2 values compared"))
        #expect(run.output.contains("No error is above 0.0001."))
        #expect(run.output.contains("prob"))
    }

    @Test("compare ends with 1 when a golden differs, and names the value")
    func comparesGoldens() throws {
        let values = folder.path("values")
        let first = try CommandLineRun([
            "compare", "-m", network, "-d", "REFERENCE,REFERENCE", "--all-values", "--save-values", values,
        ])
        #expect(first.status == 0, "\(first.errors)")
        let same = try CommandLineRun(["compare", "-m", network, "-d", "REFERENCE", "--goldens", values, "--json"])
        #expect(same.status == 0, "\(same.errors)")
        try Tensor([Float(0.5), 0.25, 0.25], [1, 3]).write(numpyFile: values + "/prob.npy")
        let other = try CommandLineRun(["compare", "-m", network, "-d", "REFERENCE", "--goldens", values])
        #expect(other.status == 1)
        #expect(other.output.contains("First above 0.0001: \"prob\" (SoftMax)"), "\(other.output)")
        #expect(other.errors.isEmpty)
        let report = try CommandLineRun(["compare", "-m", network, "-d", "REFERENCE", "--goldens", values, "--json"])
        #expect(report.status == 1)
        let json = try JSONSerialization.jsonObject(with: Data(report.output.utf8)) as? [String: Any]
        #expect(json?["firstAbove"] as? String == "prob")
    }

    @Test("compare wants two sides")
    func wantsTwoSides() throws {
        let run = try CommandLineRun(["compare", "-m", network, "-d", "REFERENCE"])
        #expect(run.status == 64)
    }

    @Test("explain tells each node's device, kernel and refusals, as text and as JSON")
    func explains() throws {
        let run = try CommandLineRun(["explain", "-m", network, "-d", "REFERENCE"])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("REFERENCE 2 nodes"))
        #expect(run.output.contains("SoftMax"))
        let json = try CommandLineRun(["explain", "-m", network, "-d", "REFERENCE", "--json", "--node", "prob"])
        struct Report: Decodable {
            struct Node: Decodable {
                let name: String
                let device: String
            }
            let nodes: [Node]
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(json.output.utf8))
        #expect(report.nodes.map(\.name) == ["prob"])
        let missing = try CommandLineRun(["explain", "-m", network, "--node", "absent"])
        #expect(missing.status == 1)
    }

    @Test("graph writes a page or a drawing, and nothing else")
    func draws() throws {
        let page = folder.path("small.html")
        #expect(try CommandLineRun(["graph", "-m", network, "-o", page, "-d", "REFERENCE"]).status == 0)
        #expect(try String(contentsOfFile: page, encoding: .utf8).hasPrefix("<!DOCTYPE html>"))
        let drawing = folder.path("small.svg")
        #expect(try CommandLineRun(["graph", "-m", network, "-o", drawing, "--structure"]).status == 0)
        #expect(try String(contentsOfFile: drawing, encoding: .utf8).hasPrefix("<svg "))
        #expect(try CommandLineRun(["graph", "-m", network, "-o", folder.path("small.png")]).status == 64)
        let nowhere = try CommandLineRun(["graph", "-m", network, "-o", drawing, "--scope", "absent"])
        #expect(nowhere.status == 1)
    }
}

@Suite("What a run leaves behind")
struct RunRecordTests {
    @Test("infer, classify and bench write a trace and the graph that ran, and sort the table of layers")
    func records() throws {
        let folder = try TemporaryFolder()
        let network = try folder.file("small.pb", SmallNetwork.frozen)
        let photograph = try folder.file("blue.bmp", SmallNetwork.bitmap(red: 1, green: 2, blue: 5))
        let input = folder.path("input.npy")
        try Tensor(random: .f32, [1, 3, 8, 8], seed: 1).write(numpyFile: input)
        let commands = [
            ["infer", "-i", input, "-o", folder.path("out")], ["classify", "-i", photograph], ["bench", "-niter", "2"],
        ]
        for command in commands {
            let (trace, graph) = (folder.path("\(command[0]).json"), folder.path("\(command[0]).xml"))
            let run = try CommandLineRun(
                command + [
                    "-m", network, "-d", "REFERENCE", "--trace", trace, "-exec_graph_path", graph, "-pc", "-pcsort",
                    "simple_sort",
                ])
            #expect(run.status == 0, "\(run.errors)")
            let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: trace))) as? [String: Any]
            let names = (json?["traceEvents"] as? [[String: Any]])?.compactMap { $0["name"] as? String } ?? []
            #expect(names.contains("prob") && names.contains("infer small"))
            let written = try String(contentsOfFile: graph, encoding: .utf8)
            #expect(written.contains("type=\"SoftMax\"") && written.contains("<execType value="))
            #expect(run.output.contains("layerType: SoftMax") && !run.output.contains("OPTIMIZED_OUT"))
            let times = run.output.split(separator: "\n").compactMap { line in
                line.range(of: "realTime: ").flatMap { Int(line[$0.upperBound...].prefix { $0.isNumber }) }
            }
            #expect(!times.isEmpty && times == times.sorted(by: >))
        }
        let wrong = try CommandLineRun(["infer", "-m", network, "-i", input, "-exec_graph_path", "graph.txt"])
        #expect(wrong.status == 64)
    }
}
