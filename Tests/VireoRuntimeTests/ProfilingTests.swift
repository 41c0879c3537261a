import Foundation
import Testing
import VireoIR
import VireoRuntime
import VireoSerialization
import VireoTensor
import VireoTestSupport

@Suite struct ProfilingTests {
    let folder: TemporaryFolder
    let core: Core

    init() throws {
        folder = try TemporaryFolder()
        let partial = try folder.variant(of: .example, named: "PARTIAL", without: ["ReLU"], as: "libpartial.so")
        core = try Core(searchPaths: [Fixture.example.path, partial])
    }

    @Test func `a trace has a span for each run, subgraph and layer, one inside the other`() throws {
        let compiled = try core.compile(
            .sample(), device: "HETERO:PARTIAL,EXAMPLE", properties: ["PERF_COUNT": "YES"])
        let trace = Trace()
        let requests = try (0..<2).map { _ in try compiled.makeRequest(trace: trace) }
        for request in requests { _ = try request.run([sampleInput]) }
        trace.measure("reading \"it\"\n") {}
        let events = trace.events
        for lane in 0..<2 {
            let mine = events.filter { $0.lane == lane }
            #expect(mine.filter { $0.category == "request" }.map(\.name) == ["infer sample"])
            #expect(
                mine.filter { $0.category == "subgraph" }.map(\.name)
                    == ["subgraph0 on EXAMPLE", "subgraph1 on PARTIAL"])
            #expect(mine.filter { $0.category == "layer" }.map(\.name) == ["relu", "sum", "shrunk"])
            let whole = try #require(mine.last)
            for event in mine where event.category == "subgraph" {
                #expect(event.start >= whole.start)
                #expect(event.start + event.duration <= whole.start + whole.duration)
            }
        }
        #expect(events.last?.lane == -1)
    }

    @Test func `a trace is written in Chrome's format`() throws {
        let trace = Trace()
        let request = try core.compile(.sample(), device: "EXAMPLE").makeRequest(trace: trace)
        _ = try request.run([sampleInput])
        trace.measure("reading \"it\" \\ \u{1}") {}
        let path = folder.path("trace.json")
        try trace.write(to: path)
        struct File: Decodable {
            struct Event: Decodable {
                let ph: String
                let name: String
                let tid: Int
                let ts: Double?
                let dur: Double?
                let args: [String: String]
            }
            let traceEvents: [Event]
        }
        let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        #expect(file.traceEvents.filter { $0.ph == "M" }.map { $0.args["name"] } == ["program", "request 0"])
        let spans = file.traceEvents.filter { $0.ph == "X" }
        #expect(Set(spans.map(\.name)) == ["infer sample", "subgraph0 on EXAMPLE", "reading \"it\" \\ \u{1}"])
        #expect(spans.allSatisfy { ($0.ts ?? -1) >= 0 && ($0.dur ?? -1) >= 0 })
    }

    @Test func `the execution graph names device, subgraph, kernel and time of each node, and can be written`() throws {
        let compiled = try core.compile(
            .sample(), device: "HETERO:PARTIAL,EXAMPLE", properties: ["PERF_COUNT": "YES"])
        let request = try compiled.makeRequest()
        _ = try request.run([sampleInput])
        let graph = try #require(compiled.executionGraph).timed(by: request.profile)
        #expect(graph.nodes.filter { $0.operation is Constant }.isEmpty)
        let relu = try #require(graph.node(named: "relu"))
        func info(_ name: String) -> String? { relu.runtimeInfo.first { $0.name == name }?["value"] }
        #expect(info("device") == "EXAMPLE" && info("subgraph") == "0" && info("execType") == "c_loop_f32")
        #expect(info("runtimePrecision") == "f32")
        #expect(info("execTimeMcs").flatMap { Int($0) } != nil && info("status") == "EXECUTED")
        try graph.writeIR(directory: folder.path(""), name: "execution")
        let text = try String(contentsOfFile: folder.path("execution.xml"), encoding: .utf8)
        for part in ["type=\"ReLU\"", "type=\"SoftShrink\"", "<execType value=\"c_loop_f32\"", "lambda"] {
            #expect(text.contains(part))
        }
        #expect(!text.contains("Const"))
    }
}
