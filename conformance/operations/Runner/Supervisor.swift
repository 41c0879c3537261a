import Foundation

/// Runs all cases on a device in one worker after the other.
struct Supervisor {
    let folder: String
    let device: String
    /// How many cases a worker runs before another takes over, which bounds the memory of a whole run.
    let shareSize = 500

    /// - Parameter progress: what is known already of the first of the cases; the rest is added.
    func run(_ cases: [ConformanceCase], filter: String?, _ progress: inout Progress) throws {
        if !progress.results.isEmpty { report(progress, of: cases.count, "goes on: ") }
        while progress.results.count < cases.count {
            let start = progress.results.count
            let end = min(start + shareSize, cases.count)
            var (reported, status) = try work(on: start..<end, filter: filter)
            if start + reported.count < end {
                // The worker ended early: the case that it had begun is the reason.
                let sample = cases[start + reported.count]
                reported.append(
                    CaseResult(
                        path: sample.path, device: device, outcome: .crashed, detail: "the process ended: \(status)"))
            }
            try progress.append(reported)
            report(progress, of: cases.count)
        }
    }

    private func report(_ progress: Progress, of count: Int, _ introduction: String = "") {
        let failed = progress.results.count { $0.outcome == .failed || $0.outcome == .crashed }
        let line = "\(device): \(introduction)\(progress.results.count) of \(count) cases, \(failed) failed\n"
        FileHandle.standardError.write(Data(line.utf8))
    }

    private func work(on range: Range<Int>, filter: String?) throws -> ([CaseResult], String) {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            folder, "--worker", device, "--from", "\(range.lowerBound)", "--to", "\(range.upperBound)",
        ]
        if let filter { process.arguments? += ["--filter", filter] }
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let results = try output.split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(CaseResult.self, from: $0)
        }
        let kind = process.terminationReason == .uncaughtSignal ? "signal" : "status"
        return (results, "\(kind) \(process.terminationStatus)")
    }
}
