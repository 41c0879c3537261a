import ArgumentParser
import Foundation
import Vireo

/// `vireo bench`: how fast a model runs.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure how fast a model runs on a device.",
        discussion: """
            Example:
              vireo bench -m mobilenet.xml -d ONEDNN -hint latency -t 10

            Inputs are random, and the same in every run, unless -i gives them. Measuring goes on until both -t and -niter are
            reached; without either it takes 60 seconds. -hint latency runs one request with all threads, -hint throughput
            one request a processor with one thread each. Each request runs on a thread of its own, so a stream is a
            request here, and -nstreams and -nireq mean the same.
            """)

    enum Hint: String, ExpressibleByArgument, CaseIterable, Encodable {
        case latency, throughput, none
    }

    @OptionGroup var execution: ExecutionOptions

    @Option(
        name: .shortAndLong, parsing: .upToNextOption, help: "NAME=FILE.npy for each input; FILE.npy when there is one."
    )
    var input: [String] = []

    @Option(name: .customLong("hint", withSingleDash: true), help: "What to aim for.")
    var hint = Hint.latency

    @Option(name: .customShort("t"), help: ArgumentHelp("How long to measure.", valueName: "seconds"))
    var time: Double?

    @Option(name: .customLong("niter", withSingleDash: true), help: "How many inferences to measure at least.")
    var iterations: Int?

    @Option(name: .customLong("nireq", withSingleDash: true), help: "How many requests run at the same time.")
    var requestCount: Int?

    @Option(name: .customLong("nstreams", withSingleDash: true), help: "The same as -nireq.")
    var streamCount: Int?

    @Option(name: .customLong("nthreads", withSingleDash: true), help: "Threads of all requests together.")
    var threadCount: Int?

    @Option(name: .customShort("b"), help: ArgumentHelp("The batch of a frozen graph.", valueName: "batch"))
    var batch: Int?

    @Option(
        name: .customLong("infer_precision", withSingleDash: true), help: "What the device computes in: f32 or bf16.")
    var precision: String?

    @Option(
        name: .customLong("latency_percentile", withSingleDash: true),
        help: "The percentile that is reported; 50 is the median.")
    var percentile = 50.0

    func validate() throws {
        let counts = [
            ("-niter", iterations), ("-nireq", requestCount), ("-nstreams", streamCount), ("-nthreads", threadCount),
            ("-b", batch),
        ]
        for case (let flag, let count?) in counts where count < 1 {
            throw ValidationError("\(flag) must be at least 1")
        }
        if let time, !(time > 0 && time <= 1e6) { throw ValidationError("-t must be more than 0 seconds") }
        guard percentile > 0, percentile <= 100 else {
            throw ValidationError("-latency_percentile must be more than 0 and at most 100")
        }
        if let requestCount, let streamCount, requestCount != streamCount {
            throw ValidationError(
                "-nireq \(requestCount) and -nstreams \(streamCount) differ, but each request runs on a thread of its own"
            )
        }
        if let threadCount, threadCount % wantedRequestCount != 0 {
            throw ValidationError(
                "-nthreads \(threadCount) cannot be divided evenly among \(wantedRequestCount) requests (-nireq)")
        }
    }

    func run() throws {
        step(1, "Reading the command line")
        step(2, "Loading the devices")
        let core = try Core.looking(for: execution.device)
        info("Devices: " + core.devices.map(\.name).joined(separator: ", "))
        step(3, "Choosing the device's settings")
        let properties = try deviceProperties(core)
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) { info("\(name): \(value)") }
        step(4, "Reading the model")
        let reading = Stopwatch()
        var options = ConversionOptions()
        options.batch = batch
        let model = try Model(modelFile: execution.model, options: options)
        let readTime = reading.milliseconds
        info("Read model took \(readTime.text(decimals: 2)) ms")
        step(5, "Checking the batch")
        let samples = try samplesPerInference(model)
        info("Batch: \(samples)")
        step(6, "Listing inputs and outputs")
        for id in model.parameters { info("Input \"\(model[id].name)\" \(model[id].outputs[0].type)") }
        step(7, "Compiling the model")
        let compiling = Stopwatch()
        let compiled = try execution.compile(model, on: core, properties: properties)
        let compileTime = compiling.milliseconds
        info("Compile model took \(compileTime.text(decimals: 2)) ms")
        step(8, "Asking which devices run it")
        info("Devices in use: " + compiled.devices.map { "\($0.name) (\($0.fullName))" }.joined(separator: ", "))
        if !execution.json { execution.printExplanation(compiled) }
        step(9, "Making \(wantedRequestCount) request(s) and their inputs")
        let inputs = try tensors(for: compiled)
        let trace = execution.record.makeTrace()
        let requests = try (0..<wantedRequestCount).map { _ in try compiled.makeRequest(trace: trace) }
        step(10, "Measuring: \(wantedRequestCount) request(s) at a time, until \(limitText)")
        let first = Stopwatch()
        _ = try requests[0].run(inputs)
        let firstTime = first.milliseconds
        info("First inference took \(firstTime.text(decimals: 2)) ms")
        let timings = try Benchmark(requests, inputs: inputs).run(until: limits)
        step(11, "Reporting")
        if execution.json {
            try Console.json(
                Report(
                    self, compiled, samples, properties, timings,
                    .init(readModel: readTime, compileModel: compileTime, firstInference: firstTime),
                    layers: execution.record.performanceCounters ? requests[0].profile : []))
            try execution.record.finish(compiled, trace, printsTable: false) { try requests[0].profile }
        } else {
            report(timings, samples)
            try execution.record.finish(compiled, trace) { try requests[0].profile }
        }
    }

    // MARK: - What to run

    var wantedRequestCount: Int {
        requestCount ?? streamCount ?? (hint == .throughput ? threadCount ?? processorCount : 1)
    }

    private var processorCount: Int { ProcessInfo.processInfo.activeProcessorCount }

    private var limits: Benchmark.Limits {
        let seconds = time ?? (iterations == nil ? 60 : 0)
        return Benchmark.Limits(duration: .seconds(seconds), iterations: iterations ?? 0)
    }

    private var limitText: String {
        let parts = [
            limits.duration > .zero ? "\(limits.duration.milliseconds.text(decimals: 0)) ms have passed" : nil,
            limits.iterations > 0 ? "\(limits.iterations) inferences are done" : nil,
        ]
        return parts.compactMap { $0 }.joined(separator: " and ")
    }

    /// What was asked for goes to the device, which refuses what it does not know; what only follows from the hint goes
    /// to devices that know it.
    private func deviceProperties(_ core: Core) throws -> [String: String] {
        let known = Set(try core.settableProperties(for: execution.device))
        var properties: [String: String] = [:]
        if hint != .none, known.contains("PERFORMANCE_HINT") {
            properties["PERFORMANCE_HINT"] = hint.rawValue.uppercased()
        }
        if wantedRequestCount > 1, known.contains("NUM_STREAMS") {
            properties["NUM_STREAMS"] = String(wantedRequestCount)
        }
        if let threadCount { properties["INFERENCE_NUM_THREADS"] = String(threadCount) }
        if let precision { properties["INFERENCE_PRECISION_HINT"] = precision }
        return properties
    }

    private func samplesPerInference(_ model: Model) throws -> Int {
        let shapes = model.parameters.compactMap { model[$0].outputs[0].type.shape.shape }
        let leading = Set(shapes.map { $0.rank >= 2 ? $0[0] : 1 })
        let samples = leading.count == 1 ? leading.first ?? 1 : 1
        if let batch, batch != samples {
            throw VireoError(
                .unsupported, "\(execution.model) has a batch of \(samples), and -b asks for \(batch)",
                remedy: "write an IR of that batch with vireo convert --batch \(batch), or give the frozen graph")
        }
        return samples
    }

    private func tensors(for compiled: CompiledModel) throws -> [Tensor] {
        if !input.isEmpty { return try compiled.tensors(fromFiles: input) }
        return try compiled.inputs.enumerated().map { index, port in
            info("Input \"\(port.name)\" gets random values")
            return try Tensor(random: port.elementType, port.staticShape(), seed: UInt64(index))
        }
    }

    // MARK: - What to say

    private func step(_ number: Int, _ text: String) { say("[Step \(number)/11] \(text)") }

    private func info(_ text: String) { say("[ INFO ] \(text)") }

    private func say(_ text: String) {
        if execution.json { Console.progress(text) } else { Console.print(text) }
    }

    private func report(_ timings: Benchmark.Timings, _ samples: Int) {
        func row(_ name: String, _ value: Double) {
            info(("   " + name).padded(to: 15) + value.text(decimals: 2) + " ms")
        }
        info("Count:".padded(to: 14) + "\(timings.latencies.count) iterations")
        info("Duration:".padded(to: 14) + timings.duration.text(decimals: 2) + " ms")
        info("Latency:")
        if percentile == 50 {
            row("Median:", timings.median)
        } else {
            let name = percentile.text(decimals: percentile == percentile.rounded() ? 0 : 2)
            row("\(name) percentile:", timings.percentile(percentile))
        }
        row("Average:", timings.average)
        row("Min:", timings.minimum)
        row("Max:", timings.maximum)
        info("Processor time: " + timings.processorTime.text(decimals: 2) + " ms an inference")
        info("Throughput:".padded(to: 14) + timings.throughput(batch: samples).text(decimals: 2) + " FPS")
    }
}
