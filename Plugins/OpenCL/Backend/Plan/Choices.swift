import Synchronization

/// Which of several ways to compute a problem was the fastest, for every problem that was measured on a device.
final class Choices: Sendable {
    private struct State {
        var winners: [String: String] = [:]
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

    /// Adds what an earlier process found; what this one measured stays.
    func merge(_ others: [String: String]) { state.withLock { $0.winners.merge(others) { own, _ in own } } }

    /// Every problem and its winner, if there are new ones since the last call.
    func takeNews() -> [String: String]? {
        state.withLock { state in
            defer { state.hasNews = false }
            return state.hasNews ? state.winners : nil
        }
    }
}

/// A way to compute a problem.
struct Way: Equatable {
    let name: String
    let algorithm: Algorithm
    /// The size of the work-groups of its heaviest kernel.
    let group: [Int]

    enum Algorithm: String {
        case direct
        case winograd
    }

    init(_ algorithm: Algorithm, group: [Int]) {
        self.algorithm = algorithm
        self.group = group
        name = "\(algorithm) " + group.map(String.init).joined(separator: "x")
    }
}

extension PlanBuilder {
    /// Lowers by the fastest of several ways: the one that was the fastest before, or else the one that is when each runs
    /// a few times on memory of its own.
    /// - Parameters:
    ///   - problem: what is computed, the same for the same work.
    ///   - isWorthwhile: whether there is enough work to measure it; the first way is taken where there is not.
    func fastest(
        of ways: [Way], for problem: String, isWorthwhile: Bool, _ lower: (Way) throws -> Void
    ) throws {
        if ways.count == 1 || !isWorthwhile { return try lower(ways[0]) }
        if let name = session.choices[problem], let known = ways.first(where: { $0.name == name }) {
            return try lower(known)
        }
        var best: (way: Way, nanoseconds: Int, after: State)?
        let before = state
        for way in ways {
            state = before
            try lower(way)
            let commands = plan.commands[before.plan.commands.count...]
            // A device may refuse a work-group for its registers; the other ways remain.
            guard let nanoseconds = try? Stopwatch(plan, on: session).nanoseconds(commands) else { continue }
            if best.map({ nanoseconds < $0.nanoseconds }) ?? true { best = (way, nanoseconds, state) }
        }
        guard let best else {
            state = before
            return try lower(ways[0])
        }
        state = best.after
        session.choices[problem] = best.way.name
    }
}
