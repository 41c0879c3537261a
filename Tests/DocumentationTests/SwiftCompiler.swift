import Foundation
import VireoTestSupport

/// The Swift compiler, to check programs of the documentation against the modules that the tests were built with.
enum SwiftCompiler {
    static let path = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":").map { "\($0)/swiftc" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// What the compiler says against a program; empty when it has nothing to say.
    static func complaints(about file: String) throws -> String {
        let products = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let maps = try FileManager.default.contentsOfDirectory(atPath: products.path)
            .map { products.appending(path: $0).appending(path: "module.modulemap").path }
            .filter { $0.contains("/CVireo") || $0.contains("/CTensorFlow") }
            .filter { FileManager.default.fileExists(atPath: $0) }
        let sources = Repository.folder.appending(path: "Sources").path
        let systemModules = ["CProtobuf", "CExpat", "CJPEG", "CPNG"].flatMap { ["-I", "\(sources)/\($0)"] }
        let process = Process()
        process.executableURL = URL(filePath: path ?? "")
        process.arguments =
            [
                "-typecheck", "-swift-version", "6", "-warnings-as-errors", "-I",
                products.appending(path: "Modules").path,
            ]
            + maps.flatMap { ["-Xcc", "-fmodule-map-file=\($0)"] } + systemModules + [file]
        let output = Pipe()
        process.standardError = output
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 ? "" : text
    }
}

enum Repository {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: folder.appending(path: path), encoding: .utf8)
    }

    static func names(in path: String) -> [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: path).path)
        return (names ?? []).sorted()
    }
}

/// The fenced blocks of a page that are written in a language, in their order.
func codeBlocks(_ language: String, of page: String) -> [String] {
    var blocks: [String] = []
    var isInside = false
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
        if isInside {
            if line == "```" { isInside = false } else { blocks[blocks.count - 1] += line + "\n" }
        } else if line == "```\(language)" {
            blocks.append("")
            isInside = true
        }
    }
    return blocks
}
