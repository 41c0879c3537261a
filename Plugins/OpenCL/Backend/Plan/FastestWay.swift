import VireoPluginKit
import VireoTensor

/// A way to compute a problem.
struct Way: Equatable {
    enum Algorithm: String {
        case direct
        case winograd
    }

    let algorithm: Algorithm
    /// Of its heaviest kernel.
    let division: Division

    var name: String { "\(algorithm) \(division.name)" }
}

extension PlanBuilder {
    /// Lowers by the fastest of several ways: the one that was the fastest before, or else the one that is when each
    /// runs a few times on memory of its own. Where nothing is measured that is the first.
    /// - Parameters:
    ///   - problem: what is computed, the same for the same work.
    ///   - isWorthwhile: whether there is enough work to measure it.
    func fastest(
        of ways: [Way], for problem: String, isWorthwhile: Bool, _ lower: (Way) throws -> Void
    ) throws {
        defer { forgetShared() }
        if ways.count == 1 || !isWorthwhile || !options.measures { return try lower(ways[0]) }
        let problem = form.precision == .f32 ? problem : "\(form.precision) \(problem)"
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
            guard let nanoseconds = try? Stopwatch(plan, program, on: session).nanoseconds(commands) else { continue }
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
