import Synchronization
import VireoTensor

/// Which of several ways to compute a problem was the fastest, for every problem that was measured on a device. Equal
/// problems are measured once: in a process, and with a cache folder once on a machine.
public final class MeasuredChoices: Sendable {
    private struct State {
        var winners: [String: String] = [:]
        /// Files that were read.
        var loaded: Set<String> = []
        var hasNews = false
    }

    private let state = Mutex(State())

    public init() {}

    /// Whether anything was measured since the last time that choices were stored.
    public var hasNews: Bool { state.withLock { $0.hasNews } }

    /// The name of the fastest way to compute `problem`; nil when it was not measured. Neither name holds a line's end
    /// or " = ".
    public subscript(problem: String) -> String? {
        get { state.withLock { $0.winners[problem] } }
        set {
            state.withLock {
                $0.winners[problem] = newValue
                $0.hasNews = true
            }
        }
    }

    /// Adds what earlier processes measured, once for each file; what this one measured stays.
    /// - Throws: when the file is there and cannot be read. It is not tried again.
    public func load(from folder: CacheFolder, file name: String) throws(VireoError) {
        guard state.withLock({ $0.loaded.insert("\(folder.path)/\(name)").inserted }) else { return }
        let known = try MeasuredChoices.stored(in: folder, file: name)
        state.withLock { $0.winners.merge(known) { own, _ in own } }
    }

    /// Stores what was measured since the last time, if anything was, beside what other processes stored meanwhile.
    /// - Parameters:
    ///   - fields: what the file begins with, such as its kind, device and label.
    ///   - byteLimit: the size that the whole folder may have.
    public func store(
        in folder: CacheFolder, file name: String, fields: [(name: String, value: String)], byteLimit: Int
    ) throws(VireoError) {
        let news = state.withLock { state -> [String: String]? in
            defer { state.hasNews = false }
            return state.hasNews ? state.winners : nil
        }
        guard let news else { return }
        let all = try MeasuredChoices.stored(in: folder, file: name).merging(news) { _, new in new }
        let lines = all.sorted { $0.key < $1.key }.map { (name: "choice", value: "\($0.key) = \($0.value)") }
        try folder.store(CacheContents(fields: fields + lines), as: name, byteLimit: byteLimit)
    }

    private static func stored(in folder: CacheFolder, file name: String) throws(VireoError) -> [String: String] {
        let fields = try folder.file(name)?.fields ?? []
        let pairs = fields.filter { $0.name == "choice" }.compactMap { field -> (String, String)? in
            let sides = field.value.split(separator: " = ", maxSplits: 1)
            return sides.count == 2 ? (String(sides[0]), String(sides[1])) : nil
        }
        return Dictionary(pairs) { _, last in last }
    }
}
