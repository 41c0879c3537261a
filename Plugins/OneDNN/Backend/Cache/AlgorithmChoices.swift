import Synchronization
import VireoPluginKit
import VireoTensor

/// Which way of computing a problem was the fastest, so that equal problems are measured once: in a process, and with a cache
/// folder on a machine.
final class AlgorithmChoices: Sendable {
    static let shared = AlgorithmChoices()

    private struct State {
        var winners: [String: String] = [:]
        /// Files that were read.
        var loaded: Set<String> = []
        var hasNews = false
    }

    private let state = Mutex(State())

    subscript(problem: String) -> String? {
        get { state.withLock { $0.winners[problem] } }
        set {
            state.withLock {
                $0.winners[problem] = newValue
                $0.hasNews = true
            }
        }
    }

    /// Reads what earlier processes measured, once for each folder.
    func load(from location: PlanCache.Location, _ host: Host) {
        let isNew = state.withLock { $0.loaded.insert(location.folder.path).inserted }
        guard isNew else { return }
        let known = AlgorithmChoices.stored(in: location, host)
        state.withLock { $0.winners.merge(known) { current, _ in current } }
    }

    /// Stores what was measured since the last time, beside what other processes stored meanwhile.
    func save(to location: PlanCache.Location, _ host: Host) {
        let winners = state.withLock { state -> [String: String]? in
            defer { state.hasNews = false }
            return state.hasNews ? state.winners : nil
        }
        guard let winners else { return }
        let all = AlgorithmChoices.stored(in: location, host).merging(winners) { _, new in new }
        let choices = all.sorted { $0.key < $1.key }.map { (name: "choice", value: "\($0.key) = \($0.value)") }
        let fields = location.fields(kind: "choices", label: location.processor) + choices
        do {
            try location.folder.store(
                CacheContents(fields: fields), as: name(in: location), byteLimit: location.byteLimit)
        } catch {
            host.log(.warning, "the measured times were not stored in the cache: \(error)")
        }
    }

    private static func stored(in location: PlanCache.Location, _ host: Host) -> [String: String] {
        do {
            guard let file = try location.folder.file(name(in: location)) else { return [:] }
            let pairs = file.fields.filter { $0.name == "choice" }.compactMap { field -> (String, String)? in
                let sides = field.value.split(separator: " = ", maxSplits: 1)
                return sides.count == 2 ? (String(sides[0]), String(sides[1])) : nil
            }
            return Dictionary(pairs) { _, last in last }
        } catch {
            host.log(.warning, "the measured times in the cache are not used: \(error)")
            return [:]
        }
    }

    private static func name(in location: PlanCache.Location) -> String {
        "onednn-choices-\(Fingerprint(of: [Fingerprint(of: location.library), Fingerprint(of: location.processor)]))"
    }

    private func name(in location: PlanCache.Location) -> String { AlgorithmChoices.name(in: location) }
}
