import Dispatch
import Synchronization
import VireoIR
import VireoTensor

/// `AUTO:A,B`: the devices compile side by side. A request goes to the best device that is ready, so that the one that
/// loads fastest answers first and the best one takes over; when a device fails the next best does its work.
///
/// With the hint CUMULATIVE_THROUGHPUT it is `MULTI`.
struct AutoTarget: CompilationTarget {
    let name: String
    /// Best first.
    let members: [any CompilationTarget]

    func settableProperties() throws -> Set<String> {
        try members.settableProperties().union(["PERFORMANCE_HINT"])
    }

    func compile(_ model: Model, _ configuration: Configuration) throws -> any Program {
        if try configuration.value(of: .performanceHint) == .cumulativeThroughput {
            return try MultiTarget(name: name, members: members).compile(model, configuration)
        }
        return try AutoProgram(
            name,
            members.map { member in
                (member.name, { try CompiledModel(model, for: member, configuration.restricted(to: member)) })
            })
    }
}

final class AutoProgram: Program {
    let inputs: [CompiledModel.Port]
    let outputs: [CompiledModel.Port]
    private let race: Race

    /// - Parameter members: names and how each is compiled, best first.
    init(_ name: String, _ members: [(name: String, compile: @Sendable () throws -> CompiledModel)]) throws {
        guard !members.isEmpty else { throw VireoError(.notFound, "\(name) finds no device") }
        race = Race(name, members.map(\.name))
        for (rank, member) in members.enumerated() {
            Worker().perform { [race] in race.finish(rank, Swift.Result { try member.compile() }) }
        }
        let first = try race.best().model
        inputs = first.inputs
        outputs = first.outputs
    }

    private var best: CompiledModel? { try? race.best().model }

    var placement: Placement { best?.placement ?? .undecided }
    var devices: [DeviceInfo] { best?.devices ?? [] }
    var executionGraph: Model? { best?.executionGraph }
    var optimalRequestCount: Int { best?.optimalRequestCount ?? 1 }

    func makeRunner() throws -> sending any Runner {
        let race = race
        return SpreadingRunner { try race.best() }
    }
}

/// Which members have finished compiling, by their rank.
private final class Race: Sendable {
    private enum Entry {
        case compiling
        case ready(Member)
        case refused(VireoError)
    }

    private struct State {
        var entries: [Entry]
        /// Threads that wait for the next member to finish.
        var waiting: [DispatchSemaphore] = []
    }

    private enum Choice {
        case member(Member)
        case wait(DispatchSemaphore)
        case failures([(name: String, error: VireoError)])
    }

    private let name: String
    private let memberNames: [String]
    private let state: Mutex<State>

    init(_ name: String, _ memberNames: [String]) {
        self.name = name
        self.memberNames = memberNames
        state = Mutex(State(entries: memberNames.map { _ in .compiling }))
    }

    func finish(_ rank: Int, _ result: Swift.Result<CompiledModel, any Error>) {
        let waiting = state.withLock { state in
            switch result {
            case .success(let model): state.entries[rank] = .ready(Member(model))
            case .failure(let error): state.entries[rank] = .refused(VireoError(wrapping: error))
            }
            defer { state.waiting = [] }
            return state.waiting
        }
        for thread in waiting { thread.signal() }
    }

    /// The best member that is ready and works. Waits while there is none and some are still compiling.
    /// - Throws: `unavailable` with every member's failure.
    func best() throws -> Member {
        while true {
            switch state.withLock({ choose(&$0) }) {
            case .member(let member): return member
            case .wait(let next): next.wait()
            case .failures(let failures): throw VireoError(allFailed: failures, of: name)
            }
        }
    }

    private func choose(_ state: inout State) -> Choice {
        var failures: [(name: String, error: VireoError)] = []
        for (name, entry) in zip(memberNames, state.entries) {
            switch entry {
            case .compiling: continue
            case .refused(let error): failures.append((name, error))
            case .ready(let member):
                guard let failure = member.failure else { return .member(member) }
                failures.append((name, failure))
            }
        }
        guard failures.count < state.entries.count else { return .failures(failures) }
        let next = DispatchSemaphore(value: 0)
        state.waiting.append(next)
        return .wait(next)
    }
}
