import Foundation
import Testing
import Vireo
import VireoTestSupport

@Suite("vireo bench")
struct BenchTests {
    let folder: TemporaryFolder
    let network: String

    init() throws {
        folder = try TemporaryFolder()
        network = try folder.file("small.pb", SmallNetwork.frozen)
    }

    private func bench(_ arguments: String...) throws -> CommandLineRun {
        try CommandLineRun(["bench", "-m", network, "-d", "ONEDNN"] + arguments)
    }

    private struct Report: Decodable {
        struct Latency: Decodable {
            let median: Double
            let min: Double
            let max: Double
            let percentile: Double
            let percentileValue: Double
        }
        struct Layer: Decodable { let type: String }
        let requests: Int
        let batch: Int
        let count: Int
        let throughput: Double
        let latency: Latency
        let properties: [String: String]
        let layers: [Layer]
    }

    private func report(_ run: CommandLineRun) throws -> Report {
        #expect(run.status == 0, "\(run.errors)")
        return try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
    }

    @Test("prints numbered steps and the figures people know")
    func printsSteps() throws {
        let run = try bench("-niter", "3")
        #expect(run.status == 0, "\(run.errors)")
        for number in 1...11 { #expect(run.output.contains("[Step \(number)/11] ")) }
        for text in [
            "[ INFO ] Read model took ", "[ INFO ] Compile model took ", "[ INFO ] First inference took ",
            "[ INFO ] Count:        3 iterations\n", "[ INFO ] Duration:     ", "[ INFO ]    Median:     ",
            "[ INFO ]    Average:    ", "[ INFO ]    Min:        ", "[ INFO ]    Max:        ",
            "[ INFO ] Throughput:   ",
        ] { #expect(run.output.contains(text), "\(text)") }
    }

    @Test("counts every inference of several requests once", arguments: ["-nireq", "-nstreams"])
    func runsRequestsInParallel(_ flag: String) throws {
        let report = try report(bench("-niter", "25", flag, "3", "-nthreads", "3", "--json"))
        #expect(report.requests == 3)
        #expect(report.count == 25)
        #expect(report.properties["NUM_STREAMS"] == "3")
        #expect(report.properties["INFERENCE_NUM_THREADS"] == "3")
        #expect(report.latency.min <= report.latency.median && report.latency.median <= report.latency.max)
        #expect(report.throughput > 0)
    }

    @Test("throughput takes one request a thread")
    func aimsForThroughput() throws {
        let report = try report(bench("-niter", "4", "-hint", "throughput", "-nthreads", "2", "--json"))
        #expect(report.requests == 2)
        #expect(report.properties["PERFORMANCE_HINT"] == "THROUGHPUT")
    }

    @Test("-b sets the batch of a frozen graph, and samples are what throughput counts")
    func setsBatch() throws {
        #expect(try report(bench("-niter", "1", "-b", "4", "--json")).batch == 4)
    }

    @Test("-t measures for at least that long")
    func measuresForATime() throws {
        let report = try report(bench("-t", "0.05", "-latency_percentile", "90", "--json"))
        #expect(report.count > 0)
        #expect(report.latency.percentile == 90)
        #expect(report.latency.percentileValue >= report.latency.median)
    }

    @Test("-pc adds the layers' times")
    func countsLayers() throws {
        #expect(try report(bench("-niter", "1", "-pc", "--json")).layers.contains { $0.type == "SoftMax" })
        #expect(try bench("-niter", "1", "-pc").output.contains("execType: "))
    }

    @Test("takes tensors of one's own")
    func readsInputs() throws {
        let input = folder.path("input.npy")
        try Tensor((0..<192).map { Float($0) }, [1, 3, 8, 8]).write(numpyFile: input)
        #expect(try bench("-niter", "1", "-i", input).status == 0)
        #expect(try bench("-niter", "1", "-i", "other=\(input)").errors.contains("is not given"))
    }

    @Test(
        "what cannot be done is an error with the reason",
        arguments: [
            (["-infer_precision", "f17"], 1, "f17"),
            (["-nireq", "2", "-nstreams", "3"], 64, "differ"),
            (["-nireq", "2", "-nthreads", "3"], 64, "divided evenly"),
            (["-niter", "0"], 64, "-niter must be at least 1"),
            (["-t", "0"], 64, "-t must be"),
            (["-hint", "fast"], 64, "fast"),
            (["-latency_percentile", "101"], 64, "-latency_percentile"),
        ] as [([String], Int32, String)])
    func refuses(_ arguments: [String], _ status: Int32, _ reason: String) throws {
        let run = try CommandLineRun(["bench", "-m", network, "-d", "ONEDNN", "-niter", "1"] + arguments)
        #expect(run.status == status, "\(run.output)")
        #expect(run.errors.contains(reason), "\(run.errors)")
    }

    @Test("an IR keeps its batch")
    func refusesAnotherBatch() throws {
        let converted = try CommandLineRun(["convert", "--input_model", network, "-b", "1", "-o", folder.path])
        try #require(converted.status == 0)
        let run = try CommandLineRun(["bench", "-m", folder.path("small.xml"), "-b", "2", "-niter", "1"])
        #expect(run.status == 1)
        #expect(run.errors.contains("vireo convert --batch 2"))
    }
}

@Suite("Benchmark timings")
struct BenchmarkTests {
    @Test("a percentile is the time within which so many inferences ended")
    func percentiles() throws {
        let compiled = try compiledNetwork()
        let input = try Tensor(random: .f32, compiled.inputs[0].staticShape(), seed: 7)
        let timings = try Benchmark([compiled.makeRequest()], inputs: [input]).run(until: .init(iterations: 10))
        #expect(timings.latencies.count == 10)
        #expect(timings.latencies == timings.latencies.sorted())
        #expect(timings.percentile(50) == timings.latencies[4])
        #expect(timings.percentile(90) == timings.latencies[8])
        #expect(timings.maximum == timings.latencies[9])
    }

    @Test("a failure in a thread is thrown, not lost", arguments: [1, 3])
    func failures(_ requestCount: Int) throws {
        let compiled = try compiledNetwork()
        let requests = try (0..<requestCount).map { _ in try compiled.makeRequest() }
        let wrong = try Tensor(random: .f32, [2], seed: 7)
        #expect(throws: VireoError.self) { try Benchmark(requests, inputs: [wrong]).run(until: .init(iterations: 5)) }
    }

    @Test("random tensors depend on the seed alone")
    func randomTensors() throws {
        let first = try Tensor(random: .f32, [4, 5], seed: 1).array(of: Float.self)
        #expect(try Tensor(random: .f32, [4, 5], seed: 1).array(of: Float.self) == first)
        #expect(try Tensor(random: .f32, [4, 5], seed: 2).array(of: Float.self) != first)
        #expect(first.allSatisfy { (0..<1).contains($0) } && Set(first).count > 10)
        #expect(throws: VireoError.self) { try Tensor(random: .u4, [2], seed: 1) }
    }

    private func compiledNetwork() throws -> CompiledModel {
        var options = ConversionOptions()
        options.batch = 1
        let model = try Converter(options).convert(GraphDef(bytes: SmallNetwork.frozen), name: "small").model
        return try Core().compile(model, device: "REFERENCE")
    }
}
