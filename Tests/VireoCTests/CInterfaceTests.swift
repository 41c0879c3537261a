import Foundation
import Testing
import Vireo
import VireoTestSupport

@Suite("The C API", .enabled(if: CProgram.compiler != nil, "there is no C compiler in PATH"))
struct CInterfaceTests {
    let folder: TemporaryFolder
    let network: String
    let photograph: String
    let adder: String

    init() throws {
        folder = try TemporaryFolder()
        network = try folder.file("small.pb", SmallNetwork.frozen)
        photograph = try folder.file("photograph.bmp", SmallNetwork.bitmap(red: 1, green: 2, blue: 4))
        adder = folder.path("adder.xml")
        try SmallNetwork.adder().writeIR(xml: adder, weights: folder.path("adder.bin"))
    }

    @Test("gives C what Swift gets, errors, lifetimes and callbacks included")
    func parity() throws {
        let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "parity.c")
        let run = try CProgram(source.path, in: folder).run([network, photograph, folder.path, adder])
        try #require(run.status == 0, "\(run.errors)")
        let lines = run.output.split(separator: "\n").map(String.init)

        let core = try Core()
        let model = try Model(modelFile: network)
        let input = try ImageInput(of: model).tensor([Image(contentsOf: photograph)])
        let scores = try core.compile(model, device: "REFERENCE").makeRequest().run([input])[0].array(of: Float.self)
        #expect(lines.contains("version \(vireoVersion)"))
        #expect(lines.contains("model small"))
        #expect(lines.filter { $0.hasPrefix("device ") } == core.devices.map { "device \($0.name)" })
        for line in lines where line.hasPrefix("scores") {
            #expect(line.split(separator: " ").dropFirst().map { Float($0) } == scores)
        }
        #expect(lines.count { $0.hasPrefix("scores") } == 7)
        let settable = try core.settableProperties(for: "BATCH:REFERENCE(2)")
        #expect(lines.filter { $0.hasPrefix("settable ") } == settable.map { "settable \($0)" })
        let compiled = try core.compile(
            model, device: "REFERENCE", properties: ["NUM_STREAMS": "2", "PERF_COUNT": "YES"])
        #expect(
            lines.filter { $0.hasPrefix("property ") }
                == compiled.properties.map { "property \($0.name)=\($0.value)" })
        let compiledGraph = try String(contentsOfFile: folder.path("compiled.xml"), encoding: .utf8)
        #expect(compiledGraph.contains("<device value=\"REFERENCE\"/>") && !compiledGraph.contains("execTimeMcs"))
        #expect(lines.last == "done")
        #expect(try Model(irFile: folder.path("written.xml")).results.count == 1)
        let graph = try String(contentsOfFile: folder.path("executed.xml"), encoding: .utf8)
        #expect(graph.contains("<execTimeMcs value=") && graph.contains("<device value=\"REFERENCE\"/>"))
        let trace = try JSONSerialization.jsonObject(with: Data(folder.bytes(of: "trace.json"))) as? [String: Any]
        #expect((trace?["traceEvents"] as? [Any])?.isEmpty == false)
    }

    /// The initial values are 0.5, 1.5 and 2.5, and each run adds 1, 2 and 3: sums that f32 holds exactly.
    @Test("gives C the variables that Swift gets, run after run")
    func states() throws {
        let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "parity.c")
        let run = try CProgram(source.path, in: folder).run([network, photograph, folder.path, adder])
        try #require(run.status == 0, "\(run.errors)")

        let request = try Core().compile(Model(irFile: adder), device: "REFERENCE").makeRequest()
        let state = try #require(request.queryState().first)
        let initial = try state.tensor
        let x = Tensor([1, 2, 3] as [Float])
        var expected: [String] = []
        func expect(_ name: String, _ tensor: Tensor) throws {
            let numbers = try tensor.array(of: Float.self).map { "\($0)" }
            expected.append(([name] + numbers).joined(separator: " ").replacing(".0", with: ""))
        }
        try expect("state", initial)
        for _ in 0..<4 {
            try expect("sum", request.run([x])[0])
            try expect("state", state.tensor)
        }
        try expect("state", initial)
        try expect("state", initial)
        try state.set(Tensor([10, 20, 30] as [Float]))
        for _ in 0..<3 { _ = try request.run([x]) as [Tensor] }
        try expect("sum", request.run([x])[0])
        for _ in 0..<2 { try expect("state", initial) }
        let lines = run.output.split(separator: "\n").map(String.init)
        #expect(lines.filter { $0.hasPrefix("state") || $0.hasPrefix("sum") } == expected)
    }

    @Test("the program in docs/c-api.md compiles without warnings and names the strongest colour")
    func documentedProgram() throws {
        let page = try String(contentsOf: CProgram.repository.appending(path: "docs/c-api.md"), encoding: .utf8)
        let start = try #require(page.range(of: "```c\n"))
        let end = try #require(page.range(of: "\n```", range: start.upperBound..<page.endIndex))
        let source = try folder.file("classify.c", page[start.upperBound..<end.lowerBound].utf8 + [10])
        let program = try CProgram(source, in: folder)
        let run = try program.run([network, photograph])
        try #require(run.status == 0, "\(run.errors)")
        #expect(run.output.hasPrefix("class 2 of 3: 0."))
        let failing = try program.run([network, "/nowhere.jpg"])
        #expect(failing.status == 1)
        #expect(failing.errors.contains("/nowhere.jpg"))
    }
}
