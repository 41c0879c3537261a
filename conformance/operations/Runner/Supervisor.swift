import Foundation

/// Runs all cases on a device in one worker after the other.
struct Supervisor {
    let folder: String
    let device: String
    /// How many cases a worker runs before another takes over, which bounds the memory of a whole run.
    let shareSize = 1500

    func run(_ cases: [ConformanceCase], filter: String?) throws -> [CaseResult] {
        var results: [CaseResult] = []
        while results.count < cases.count {
            let end = min(results.count + shareSize, cases.count)
            let (reported, status) = try work(on: results.count..<end, filter: filter)
            results += reported
            guard results.count < end else { continue }
            // The worker ended early: the case that it had begun is the reason.
            let sample = cases[results.count]
            results.append(
                CaseResult(path: sample.path, device: device, outcome: .crashed, detail: "the process ended: \(status)")
            )
        }
        return results
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
