import Foundation
import Synchronization

/// A line on the terminal's standard error that says how far a long task is. Where that is no terminal, nothing is
/// written.
final class ProgressBar: Sendable {
    private let total: Int
    private let unit: String
    private let width: Int?
    private let start = ContinuousClock.now
    private let lastDrawn = Mutex(ContinuousClock.Instant?.none)

    /// - Parameter unit: what is counted: "images".
    init(total: Int, unit: String) {
        self.total = total
        self.unit = unit
        width = Console.width(of: STDERR_FILENO)
    }

    /// Draws the bar, at most ten times a second.
    func update(_ done: Int) {
        guard let width else { return }
        let now = ContinuousClock.now
        let isDue = lastDrawn.withLock { last in
            if let last, now - last < .milliseconds(100), done < total { return false }
            last = now
            return true
        }
        if isDue { write("\r" + ProgressBar.line(done, of: total, unit, seconds: (now - start).seconds, width: width)) }
    }

    /// Takes the line away.
    func clear() {
        guard let width else { return }
        write("\r" + String(repeating: " ", count: max(width - 1, 0)) + "\r")
    }

    /// `[#######             ] 350/1000 images, 148.2 a second, 4 s left`, cut to the width of the terminal.
    static func line(_ done: Int, of total: Int, _ unit: String, seconds: Double, width: Int) -> String {
        let rate = seconds > 0 ? Double(done) / seconds : 0
        let left = rate > 0 ? Double(total - done) / rate : 0
        let text =
            " \(done)/\(total) \(unit), \(rate.text(decimals: 1)) a second, \(left.rounded(.up).text(decimals: 0)) s left"
        let room = min(width - 3 - text.count, 40)
        guard room >= 5 else { return String(text.dropFirst().prefix(max(width - 1, 0))) }
        let filled = total > 0 ? room * done / total : room
        return "[" + String(repeating: "#", count: filled) + String(repeating: " ", count: room - filled) + "]" + text
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
