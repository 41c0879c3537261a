import ArgumentParser
import Vireo

/// What `classify`, `infer` and `bench` share: a model, a device, and what to say about the run.
struct ExecutionOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: "An IR (.xml), a TensorFlow graph (.pb, .pbtxt, .meta) or the folder of a SavedModel.")
    var model: String

    @Option(
        name: .shortAndLong,
        help:
            "REFERENCE, OPENBLAS, ONEDNN, OPENCL.0, CPU (the best present), GPU, or HETERO:A,B for a fallback per operation."
    )
    var device = "CPU"

    @Flag(help: "Print which device runs each operation, and why others refused it.")
    var explain = false

    @Flag(name: .customLong("pc", withSingleDash: true), help: "Print the time of each layer.")
    var performanceCounters = false

    @Flag(help: "Print JSON.")
    var json = false

    /// - Parameter properties: settings beside those that the options ask for.
    func compile(
        _ model: Model, on core: Core, properties: [String: String] = [:]
    ) throws -> CompiledModel {
        var properties = properties
        if performanceCounters { properties["PERF_COUNT"] = "YES" }
        return try core.compile(model, device: device, properties: properties)
    }

    func printExplanation(_ compiled: CompiledModel) {
        guard explain else { return }
        Console.print(compiled.placement.description)
        Console.print()
    }

    /// The table of performance counters.
    func printCounters(_ request: InferRequest) throws {
        guard performanceCounters else { return }
        let rows = try request.profile
        Console.print("\nperformance counters:\n")
        for row in rows {
            let name = row.nodeName.count > 30 ? String(row.nodeName.prefix(26)) + "..." : row.nodeName
            Console.print(
                name.padded(to: 30) + row.status.text.padded(to: 15) + "layerType: " + row.opType.padded(to: 20)
                    + "realTime: " + String(row.realMicroseconds).padded(to: 10) + "cpu: "
                    + String(row.cpuMicroseconds).padded(to: 10) + "execType: " + row.execType)
        }
        Console.print("\nTotal time: \(rows.reduce(0) { $0 + $1.realMicroseconds }) microseconds")
    }
}

extension ProfileRow.Status {
    fileprivate var text: String {
        switch self {
        case .notRun: "NOT_RUN"
        case .optimizedOut: "OPTIMIZED_OUT"
        case .executed: "EXECUTED"
        }
    }
}
