import Foundation
import Testing
import Vireo
import VireoTestSupport

@Suite("The command")
struct CommandTests {
    let folder: TemporaryFolder
    let network: String

    init() throws {
        folder = try TemporaryFolder()
        network = try folder.file("small.pb", SmallNetwork.frozen)
    }

    private func convert(_ arguments: String...) throws -> CommandLineRun {
        try CommandLineRun(["convert", "--input_model", network, "--output_dir", folder.path] + arguments)
    }

    @Test(
        "every subcommand has help with an example",
        arguments: [
            "convert", "summarize", "devices", "classify", "detect", "infer", "bench", "compare", "explain", "graph",
            "cache", "quantize",
        ])
    func hasHelp(_ subcommand: String) throws {
        let run = try CommandLineRun([subcommand, "--help"])
        #expect(run.status == 0)
        #expect(run.output.contains("Example:\n  vireo \(subcommand)"))
    }

    @Test("a command line that cannot be read ends with 64")
    func usageErrors() throws {
        for arguments in [["convert"], ["classify", "--nonsense"], ["frobnicate"], ["convert", "--batch", "many"]] {
            let run = try CommandLineRun(arguments)
            #expect(run.status == 64)
            #expect(run.errors.contains("Error:"))
        }
    }

    @Test("convert writes an IR and says where, in the published words")
    func converts() throws {
        let run = try convert("-b", "1", "--mean_value", "[1,2,3]", "--scale=2")
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("[ SUCCESS ] Generated IR model."))
        #expect(run.output.contains("[ SUCCESS ] XML file: "))
        #expect(run.output.contains("[ SUCCESS ] BIN file: "))
        #expect(try folder.names() == ["small.bin", "small.pb", "small.xml"])
        let model = try Model(irFile: folder.path("small.xml"))
        #expect(model.inputRecords == [InputRecord(input: "input", channelOrder: .rgb, mean: [1, 2, 3], scale: [2])])
    }

    @Test("convert --silent prints nothing")
    func convertsSilently() throws {
        let run = try convert("-b", "1", "--silent")
        #expect(run.status == 0)
        #expect(run.output.isEmpty && run.errors.isEmpty)
    }

    @Test("convert names every unsupported operation and writes nothing")
    func namesUnsupportedOperations() throws {
        let strange = try folder.file("strange.pb", SmallNetwork.unsupported)
        let run = try CommandLineRun(
            ["convert", "--input_model", strange, "-b", "1", "--output", "odd", "-o", folder.path("out")])
        #expect(run.status == 1)
        for text in ["[ ERROR ]", "Strange (1)", "Odd (1)", "question 24"] { #expect(run.errors.contains(text)) }
        #expect(!FileManager.default.fileExists(atPath: folder.path("out/strange.xml")))
    }

    @Test("summarize prints the published lines")
    func summarizes() throws {
        let run = try CommandLineRun(["summarize", "--input_model", network])
        #expect(run.status == 0)
        #expect(
            run.output == """
                1 input(s) detected:
                Name: input, type: float32, shape: (-1,8,8,3)
                1 output(s) detected:
                prob
                Parameters: 0
                GFLOP: 0.000 with a batch of 1

                """)
    }

    @Test(
        "classify names the strongest colour on every device",
        arguments: ["REFERENCE", "OPENBLAS", "ONEDNN", "OPENCL", "CPU"])
    func classifies(_ device: String) throws {
        try #require(try convert("-b", "1", "--scale", "255").status == 0)
        let labels = try folder.file("labels.txt", "red\ngreen\nblue\n".utf8)
        let photograph = try folder.file("green.bmp", SmallNetwork.bitmap(red: 10, green: 200, blue: 30))
        let run = try CommandLineRun(
            [
                "classify", "-m", folder.path("small.xml"), "-i", photograph, "-d", device, "-nt", "2", "--labels",
                labels,
            ])
        if device == "OPENCL", try !Core().devices.contains(where: { $0.plugin == device }) {
            #expect(run.status == 1)
            #expect(run.errors.contains("there is no device OPENCL"))
            return
        }
        #expect(run.status == 0, "\(run.errors)")
        let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
        let header = try #require(lines.firstIndex(of: "classid probability label"))
        #expect(lines[header + 1] == "------- ----------- -----")
        #expect(lines[header + 2].hasPrefix("1       0."))
        #expect(lines[header + 2].hasSuffix(" green"))
        #expect(run.output.contains("Input \"input\" 8x8, NCHW f32, bilinear, RGB, 0...255; the model divides by 255"))
    }

    @Test("classify takes a frozen graph as it is, folders, and prints JSON")
    func classifiesGraphs() throws {
        try FileManager.default.createDirectory(atPath: folder.path("photographs"), withIntermediateDirectories: false)
        _ = try folder.file("photographs/a.bmp", SmallNetwork.bitmap(red: 9, green: 0, blue: 0))
        _ = try folder.file("photographs/b.bmp", SmallNetwork.bitmap(red: 0, green: 0, blue: 9))
        let run = try CommandLineRun(
            ["classify", "-m", network, "-i", folder.path("photographs"), "-nt", "1", "--json"])
        #expect(run.status == 0, "\(run.errors)")
        struct Report: Decodable {
            struct Image: Decodable {
                struct Entry: Decodable { let classID: Int }
                let results: [Entry]
            }
            let images: [Image]
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
        #expect(report.images.map { $0.results.map(\.classID) } == [[0], [2]])
    }

    @Test("classify says so when it applies a softmax, and clamps -nt with a warning")
    func appliesSoftmax() throws {
        try #require(try convert("-b", "1", "--output", "mean").status == 0)
        let photograph = try folder.file("red.bmp", SmallNetwork.bitmap(red: 200, green: 1, blue: 1))
        let run = try CommandLineRun(["classify", "-m", folder.path("small.xml"), "-i", photograph, "-nt", "9"])
        #expect(run.output.contains("a softmax was applied"))
        #expect(run.output.contains("Top 3 results:"))
        #expect(run.errors.contains("[ WARNING ]  -nt 9"))
    }

    @Test("infer reads and writes .npy, and explains the placement")
    func infers() throws {
        try #require(try convert("-b", "1").status == 0)
        let input = folder.path("input.npy")
        try Tensor((0..<192).map { Float($0) / 192 }, [1, 3, 8, 8]).write(numpyFile: input)
        let run = try CommandLineRun(
            [
                "infer", "-m", folder.path("small.xml"), "-i", "input=\(input)", "-d", "HETERO:ONEDNN,REFERENCE", "-o",
                folder.path("out"), "--explain",
            ])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("prob f32[1,3] -> \(folder.path("out/prob.npy"))"))
        let output = try Tensor(numpyFile: folder.path("out/prob.npy")).array(of: Float.self)
        #expect(abs(output.reduce(0, +) - 1) < 1e-6)
    }

    @Test("infer names what is wrong with its inputs")
    func checksInputs() throws {
        try #require(try convert("-b", "1").status == 0)
        let model = folder.path("small.xml")
        let wrong = folder.path("wrong.npy")
        try Tensor([Float(1), 2], [2]).write(numpyFile: wrong)
        let cases = [
            (["-i", "input=\(wrong)"], "f32[2]"),
            (["-i", "other=\(wrong)"], "\"input\" f32[1,3,8,8] is not given"),
            (["-i", "input=\(folder.path("absent.npy"))"], "absent.npy"),
        ]
        for (arguments, text) in cases {
            let run = try CommandLineRun(["infer", "-m", model] + arguments + ["-o", folder.path("out")])
            #expect(run.status == 1)
            #expect(run.errors.contains(text), "\(run.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
    }

    @Test("devices lists properties in the known layout, and explains every library")
    func listsDevices() throws {
        let run = try CommandLineRun(["devices", "--explain"])
        #expect(run.status == 0)
        #expect(run.output.hasPrefix("[ INFO ] Available devices:\n[ INFO ] "))
        #expect(run.output.contains("[ INFO ] \tSUPPORTED_PROPERTIES:\n[ INFO ] \t\tImmutable: "))
        #expect(run.output.contains("[ INFO ] REFERENCE\n"))
        #expect(run.output.contains("libvireo_reference.so"))
        let json = try CommandLineRun(["devices", "--json"])
        #expect((try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])?["devices"] != nil)
    }

    @Test("an unknown device is an error that lists those there are")
    func namesUnknownDevice() throws {
        let photograph = try folder.file("red.bmp", SmallNetwork.bitmap(red: 200, green: 1, blue: 1))
        let run = try CommandLineRun(["classify", "-m", network, "-i", photograph, "-d", "NPU"])
        #expect(run.status == 1)
        #expect(run.errors.contains("NPU") && run.errors.contains("REFERENCE"))
    }

    @Test("nothing is left behind in a folder that cannot be written, or on a disk that is full")
    func survivesFullDisks() throws {
        let blocked = try folder.file("file", [])
        let run = try CommandLineRun(["convert", "--input_model", network, "-b", "1", "-o", blocked])
        #expect(run.status == 1)
        #expect(run.errors.contains(blocked))
        let missing = try CommandLineRun(["convert", "--input_model", network, "-b", "1", "-o", "/proc/vireo"])
        #expect(missing.status == 1)
        #expect(missing.errors.contains("/proc/vireo"))
    }
}
