import Foundation

/// How many cases of each operation passed, were refused or failed on each device, as a table and as JSON.
struct Report {
    let devices: [String]
    let operations: [Row]
    let results: [CaseResult]
    /// The cases whose expected values are special, with the reason.
    let notes: [String: String]

    struct Row: Codable {
        let operation: String
        let total: Int
        var devices: [String: Counts] = [:]
    }

    struct Counts: Codable {
        var passed = 0
        var refused = 0
        var failed = 0
        /// The outputs are others for a known reason.
        var differing = 0
        /// Each reason of a refusal with how often it was given.
        var reasons: [String: Int] = [:]
    }

    init(_ cases: [ConformanceCase], devices: [String], results: [CaseResult]) {
        self.devices = devices
        self.results = results
        notes = Dictionary(cases.compactMap { sample in sample.note.map { (sample.path, $0) } }) { first, _ in first }
        var totals: [String: Int] = [:]
        for sample in cases { totals[sample.operation, default: 0] += 1 }
        var rows = totals.mapValues { Row(operation: "", total: $0) }
        for (operation, total) in totals { rows[operation] = Row(operation: operation, total: total) }
        for result in results {
            let operation = String(result.path.prefix { $0 != "/" })
            var counts = rows[operation]?.devices[result.device] ?? Counts()
            switch result.outcome {
            case .passed: counts.passed += 1
            case .refused:
                counts.refused += 1
                counts.reasons[result.detail, default: 0] += 1
            case .differs: counts.differing += 1
            case .failed, .crashed: counts.failed += 1
            }
            rows[operation]?.devices[result.device] = counts
        }
        operations = rows.values.sorted { $0.operation < $1.operation }
    }

    var failures: [CaseResult] { results.filter { $0.outcome == .failed || $0.outcome == .crashed } }

    func json() throws -> Data {
        struct Document: Encodable {
            let operations: [Row]
            let failures: [CaseResult]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(Document(operations: operations, failures: failures))
    }

    var markdown: String {
        var lines = ["# Conformance of the operations", "", summary, ""]
        lines.append("| operation | cases | " + devices.joined(separator: " | ") + " |")
        lines.append("|---|---:|" + devices.map { _ in "---|" }.joined())
        for row in operations {
            let cells = devices.map { device in Report.cell(row.devices[device] ?? Counts()) }
            lines.append("| \(row.operation) | \(row.total) | " + cells.joined(separator: " | ") + " |")
        }
        lines += ["", "## Failures", ""]
        lines += failures.isEmpty ? ["None."] : failures.map { "- \($0.device), \($0.path): \($0.detail)" }
        let differing = results.filter { $0.outcome == .differs }
        if !differing.isEmpty {
            lines += ["", "## Known differences", ""] + differing.map { "- \($0.device), \($0.path): \($0.detail)" }
        }
        lines += ["", "## Reasons of refusals", ""]
        for device in devices {
            lines += ["### \(device)", ""]
            for row in operations {
                let reasons = row.devices[device]?.reasons ?? [:]
                for (reason, count) in reasons.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(3) {
                    lines.append("- \(row.operation), \(count): \(reason)")
                }
            }
            lines.append("")
        }
        if !notes.isEmpty {
            lines += ["## Notes", ""]
            for (note, paths) in Dictionary(grouping: notes.keys, by: { notes[$0]! }).sorted(by: { $0.key < $1.key }) {
                let counted = Dictionary(grouping: paths) { String($0.prefix { $0 != "/" }) }.mapValues(\.count)
                let list = counted.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }.joined(separator: ", ")
                lines.append("- \(note): \(list)")
            }
            lines.append("")
        }
        return lines.joined(separator: "\n")
    }

    /// One sentence a device.
    var summary: String {
        devices.map { device in
            let own = results.filter { $0.device == device }
            let counts = Dictionary(grouping: own, by: \.outcome).mapValues(\.count)
            let failed = (counts[.failed] ?? 0) + (counts[.crashed] ?? 0)
            return
                "- \(device): \(counts[.passed] ?? 0) of \(own.count) cases pass, \(counts[.refused] ?? 0) are refused "
                + "with a reason, \(failed) fail"
                + (counts[.differs].map { ", \($0) differ for a known reason." } ?? ".")
        }.joined(separator: "\n")
    }

    private static func cell(_ counts: Counts) -> String {
        var parts: [String] = []
        if counts.passed > 0 { parts.append("\(counts.passed) passed") }
        if counts.refused > 0 { parts.append("\(counts.refused) refused") }
        if counts.differing > 0 { parts.append("\(counts.differing) differ") }
        if counts.failed > 0 { parts.append("**\(counts.failed) failed**") }
        return parts.isEmpty ? "–" : parts.joined(separator: ", ")
    }
}
