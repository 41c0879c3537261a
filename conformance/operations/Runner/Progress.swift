import Foundation

/// What a device's run has found so far, in a file, so that a run that was ended goes on where it was.
struct Progress {
    private(set) var results: [CaseResult] = []
    private let file: URL

    /// - Parameter stamp: what the results depend on; those of another are dropped.
    init(_ file: URL, stamp: String) throws {
        self.file = file
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        var lines = ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n")
        if let first = lines.first, first == stamp {
            lines.removeFirst()
            results = lines.compactMap { try? JSONDecoder().decode(CaseResult.self, from: Data($0.utf8)) }
        } else {
            try Data((stamp + "\n").utf8).write(to: file)
        }
    }

    mutating func append(_ new: [CaseResult]) throws {
        results += new
        let encoder = JSONEncoder()
        let lines = try new.reduce(into: Data()) { $0 += try encoder.encode($1) + Data("\n".utf8) }
        let handle = try FileHandle(forWritingTo: file)
        try handle.seekToEnd()
        try handle.write(contentsOf: lines)
        try handle.close()
    }

    func remove() { try? FileManager.default.removeItem(at: file) }

    /// A text that changes with the cases, the executable and the plugins beside it.
    static func stamp(folder: String, filter: String?) -> String {
        let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let beside =
            (try? FileManager.default.contentsOfDirectory(
                at: executable.deletingLastPathComponent(), includingPropertiesForKeys: nil)) ?? []
        let files =
            [executable, URL(filePath: folder).appending(path: "index.json")]
            + beside.filter { $0.lastPathComponent.hasPrefix("libvireo_") && $0.pathExtension == "so" }
            .sorted { $0.path < $1.path }
        let facts = files.map { file in
            let values = try? file.resourceValues(forKeys: [.contentModificationDateKey, .fileSizeKey])
            let time = values?.contentModificationDate?.timeIntervalSince1970 ?? 0
            return "\(file.lastPathComponent) \(values?.fileSize ?? 0) \(time)"
        }
        return (facts + [filter ?? ""]).joined(separator: ", ")
    }
}
