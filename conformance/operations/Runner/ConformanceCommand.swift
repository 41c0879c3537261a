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
        var results: [CaseResult] = []
        for device in names {
            results += try Supervisor(folder: folder, device: device).run(cases, filter: filter)
            print(Report(cases, devices: [device], results: results.filter { $0.device == device }).summary)
        }
        let report = Report(cases, devices: names, results: results)
        let target = URL(filePath: output ?? folder)
        try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        try report.json().write(to: target.appending(path: "results.json"))
        try report.markdown.write(to: target.appending(path: "results.md"), atomically: true, encoding: .utf8)
        for failure in report.failures.prefix(40) { print("\(failure.device), \(failure.path): \(failure.detail)") }
        guard report.failures.isEmpty else { throw ExitCode.failure }
    }
}
