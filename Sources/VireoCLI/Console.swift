import Foundation
import Vireo

/// What the command prints: results on standard output, everything else on standard error.
enum Console {
    static func print(_ text: String = "") {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    static func error(_ error: VireoError) {
        report("[ ERROR ]  \(error)")
    }

    static func warning(_ text: String) {
        report("[ WARNING ]  \(text)")
    }

    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        Console.print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// What is being done, where standard output is for something else.
    static func progress(_ text: String) { report(text) }

    private static func report(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}

/// Time since it was made.
struct Stopwatch {
    private let start = ContinuousClock.now

    var milliseconds: Double { (ContinuousClock.now - start).milliseconds }
}

extension Double {
    func text(decimals: Int) -> String { String(format: "%.\(decimals)f", self) }
}

extension String {
    /// Padded with spaces to `width` at the right.
    func padded(to width: Int) -> String { count >= width ? self : self + String(repeating: " ", count: width - count) }
}
