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

    /// How many characters fit on a line of the terminal; nil when standard output is no terminal.
    static var width: Int? { width(of: STDOUT_FILENO) }

    /// The width of the terminal behind a file descriptor; nil when it is none.
    static func width(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard isatty(descriptor) == 1, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return Int(size.ws_col)
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
