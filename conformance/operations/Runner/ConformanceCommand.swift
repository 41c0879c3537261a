import ArgumentParser
import Foundation
import VireoRuntime

/// Runs the cases of a folder on devices and writes a table of what passed, was refused and failed.
@main
struct ConformanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "VireoConformance", abstract: "Runs the operations part of the conformance suite.",
        discussion: "The status is 1 when a case fails. conformance/operations/README.md says how cases are made.")

    @Argument(help: "The folder that make_cases.py wrote.")
    var folder: String

    @Option(help: "The devices, separated by commas; all that are there when left out.")
    var devices: String?

    @Option(help: "Only cases whose path contains this.")
    var filter: String?

    @Option(help: "Where results.md and results.json go; the folder of the cases when left out.")
    var output: String?

    @Option(help: "A file of cases whose expected values are known to be others, with the reasons.")
    var differences: String?

    @Option(help: .hidden)
    var worker: String?
    @Option(help: .hidden)
    var from: Int?
    @Option(help: .hidden)
    var to: Int?

    func run() throws {
        let all = try ConformanceCase.all(in: folder)
        let cases = filter.map { part in all.filter { $0.path.contains(part) } } ?? all
        if let worker {
            let range = min(from ?? 0, cases.count)..<min(to ?? cases.count, cases.count)
            return try Worker(folder: folder, device: worker).run(cases[range])
        }
        let names =
            try devices?.split(separator: ",").map(String.init) ?? Core().devices.map(\.name)
        let known = try differences.map { try KnownDifferences(file: $0) } ?? KnownDifferences()
        let target = URL(filePath: output ?? folder)
        let stamp = Progress.stamp(folder: folder, filter: filter)
        var done: [Progress] = []
        for device in names {
            var progress = try Progress(target.appending(path: "progress-\(device).jsonl"), stamp: stamp)
            try Supervisor(folder: folder, device: device).run(cases, filter: filter, &progress)
            done.append(progress)
            print(Report(cases, devices: [device], results: progress.results.map(known.judged)).summary)
        }
        let report = Report(cases, devices: names, results: done.flatMap(\.results).map(known.judged))
        try report.json().write(to: target.appending(path: "results.json"))
        try report.markdown.write(to: target.appending(path: "results.md"), atomically: true, encoding: .utf8)
        for progress in done { progress.remove() }
        for failure in report.failures.prefix(40) { print("\(failure.device), \(failure.path): \(failure.detail)") }
        guard report.failures.isEmpty else { throw ExitCode.failure }
    }
}
