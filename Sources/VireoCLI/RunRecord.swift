import ArgumentParser
import Vireo

/// The order of the table of performance counters.
enum CounterOrder: String, ExpressibleByArgument, CaseIterable {
    /// As the nodes run.
    case unsorted = "no_sort"
    /// The slowest first.
    case sorted = "sort"
    /// The slowest first, without what did not run.
    case executed = "simple_sort"

    func arranged(_ rows: [ProfileRow]) -> [ProfileRow] {
        switch self {
        case .unsorted: rows
        case .sorted: rows.sorted { $0.realMicroseconds > $1.realMicroseconds }
        case .executed:
            rows.filter { $0.status == .executed }.sorted { $0.realMicroseconds > $1.realMicroseconds }
        }
    }
}

/// What a command leaves behind about a run: a table, a trace, the graph that ran.
struct RecordFlags: ParsableArguments {
    @Flag(name: .customLong("pc", withSingleDash: true), help: "Print the time of each layer.")
    var performanceCounters = false

    @Option(
        name: .customLong("pcsort", withSingleDash: true),
        help: "The order of that table: as it runs, the slowest first, or only what ran, the slowest first.")
    var counterOrder = CounterOrder.unsorted

    @Option(
        name: .customLong("trace"),
        help: ArgumentHelp(
            "Write when everything happened, one lane a request, for chrome://tracing and Perfetto.",
            valueName: "FILE.json"))
    var traceFile: String?

    @Option(
        name: .customLong("exec_graph_path", withSingleDash: true),
        help: ArgumentHelp(
            "Write the graph that ran, with devices, kernels and times, as an IR.",
            valueName: "FILE.xml"))
    var graphFile: String?

    func validate() throws {
        if let graphFile, !graphFile.hasSuffix(".xml") { throw ValidationError("-exec_graph_path must end with .xml") }
    }

    /// Whether devices have to count.
    var wantsCounters: Bool { performanceCounters || traceFile != nil || graphFile != nil }

    /// Where requests write their times; nil when nobody asked.
    func makeTrace() -> Trace? { traceFile == nil ? nil : Trace() }

    /// Prints the table and writes the files that were asked for.
    /// - Parameter printsTable: false where standard output is for something else.
    func finish(
        _ compiled: CompiledModel, _ trace: Trace?, printsTable: Bool = true, profile: () throws -> [ProfileRow]
    )
        throws
    {
        guard wantsCounters else { return }
        let rows = try profile()
        if performanceCounters && printsTable { printCounters(rows) }
        if let traceFile, let trace { try trace.write(to: traceFile) }
        if let graphFile {
            guard let graph = compiled.executionGraph else {
                throw VireoError(
                    .unsupported, "the graph that runs is not known", remedy: "leave out -exec_graph_path")
            }
            try graph.timed(by: rows).writeIR(xml: graphFile, weights: String(graphFile.dropLast(4)) + ".bin")
        }
    }

    private func printCounters(_ rows: [ProfileRow]) {
        Console.print("\nperformance counters:\n")
        for row in counterOrder.arranged(rows) {
            let name = row.nodeName.count > 30 ? String(row.nodeName.prefix(26)) + "..." : row.nodeName
            Console.print(
                name.padded(to: 30) + row.status.name.padded(to: 15) + "layerType: " + row.opType.padded(to: 20)
                    + "realTime: " + String(row.realMicroseconds).padded(to: 10) + "cpu: "
                    + String(row.cpuMicroseconds).padded(to: 10) + "execType: " + row.execType)
        }
        Console.print("\nTotal time: \(rows.reduce(0) { $0 + $1.realMicroseconds }) microseconds")
    }
}
