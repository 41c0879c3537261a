import Foundation
import VireoTensor
import VireoTestSupport

/// A C program that is compiled against `vireo.h` and linked with `libvireo_c.so`.
struct CProgram {
    let executable: String

    static let compiler = ["clang", "cc", "gcc"].lazy.compactMap { name in
        ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }.first

    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The folder of the tests, which is that of the libraries.
    static let products = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

    init(_ source: String, in folder: TemporaryFolder) throws {
        executable = folder.path("program")
        let include = CProgram.repository.appending(path: "Sources/CVireo/include").path
        let library = CProgram.products.path
        let run = try CProgram.run(
            CProgram.compiler ?? "",
            [
                "-std=c11", "-Wall", "-Wextra", "-Werror", "-I", include, source, "-o", executable, "-L", library,
                "-lvireo_c", "-lpthread", "-Wl,-rpath,\(library)",
            ])
        guard run.status == 0 else {
            throw VireoError(.internalError, "the C compiler ended with \(run.status): \(run.errors)")
        }
    }

    func run(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        try CProgram.run(executable, arguments)
    }

    static func run(
        _ path: String, _ arguments: [String]
    ) throws -> (status: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let errorText = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let status =
            process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        return (status, text, errorText)
    }
}
