import Glibc
import Synchronization

/// How grave a plugin's message is.
public enum LogLevel: Int32, Sendable, CaseIterable {
    case error = 1
    case warning = 2
    case info = 3
    case debug = 4
}

/// Receives what plugins log: the level, the library's path, the message. Called from any thread.
public typealias LogHandler = @Sendable (_ level: LogLevel, _ plugin: String, _ message: String) -> Void

/// The way of one library's messages to one handler.
final class PluginLog: Sendable {
    private let plugin: String
    private let handler: LogHandler
    private let lastLevel: Atomic<Int32>

    /// - Parameter handler: is given everything; without one, errors go to the standard error output.
    init(plugin: String, handler: LogHandler?) {
        self.plugin = plugin
        self.handler = handler ?? PluginLog.print
        lastLevel = Atomic((handler == nil ? LogThreshold.error : .debug).lastLevel)
    }

    /// Which messages are passed on.
    var threshold: LogThreshold {
        get { LogThreshold(lastLevel: lastLevel.load(ordering: .relaxed)) }
        set { lastLevel.store(newValue.lastLevel, ordering: .relaxed) }
    }

    func write(_ level: LogLevel, _ message: String) {
        if level.rawValue <= lastLevel.load(ordering: .relaxed) { handler(level, plugin, message) }
    }

    private static let print: LogHandler = { level, plugin, message in
        let line = "[ \("\(level)".uppercased()) ] \(plugin): \(message)\n"
        _ = line.withCString { Glibc.write(STDERR_FILENO, $0, strlen($0)) }
    }
}
