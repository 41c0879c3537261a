import Foundation
import Synchronization
import VireoTestSupport

/// One run of the command `vireo`, as a person would start it.
struct CommandLineRun {
    let status: Int32
    let output: String
    let errors: String

    /// The command beside the tests.
    static let executable: URL = {
        let process = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return process.deletingLastPathComponent().appending(path: "vireo")
    }()

    /// Runs the command to its end.
    init(_ arguments: [String], environment: [String: String] = [:]) throws {
        let process = Process()
        process.executableURL = CommandLineRun.executable
        process.arguments = arguments
        let quiet = ["VIREO_CACHE_DIR": ""].merging(environment) { $1 }
        process.environment = ProcessInfo.processInfo.environment.merging(quiet) { $1 }
        let (outputPipe, errorPipe) = (Pipe(), Pipe())
        process.standardOutput = outputPipe
        process.standardError = errorPipe
        process.standardInput = FileHandle.nullDevice
        let errorText = Mutex(Data())
        let reading = DispatchGroup()
        try process.run()
        DispatchQueue.global().async(group: reading) {
            let data = errorPipe.fileHandleForReading.readDataToEndOfFile()
            errorText.withLock { $0 = data }
        }
        output = String(decoding: outputPipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        reading.wait()
        process.waitUntilExit()
        errors = String(decoding: errorText.withLock { $0 }, as: UTF8.self)
        // A signal would be a trap: it is no exit status that the command promises.
        status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }
}
