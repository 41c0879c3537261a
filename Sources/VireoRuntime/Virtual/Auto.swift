import Dispatch
import Synchronization
import VireoIR
import VireoTensor

/// `AUTO:A,B`: the devices compile side by side. A request goes to the best device that is ready, so that the one that
/// loads fastest answers first and the best one takes over; when a device fails the next best does its work.
///
/// With the hint CUMULATIVE_THROUGHPUT it is `MULTI`. A device that a model of higher MODEL_PRIORITY has as its best is
/// tried last.
struct AutoTarget: CompilationTarget {
    let name: String
    /// Best first.
    let members: [any CompilationTarget]
    let priorities: ModelPriorities

    func settableProperties() throws -> Set<String> {
        try members.settableProperties().union(["PERFORMANCE_HINT", "MODEL_PRIORITY"])
    }

    func compile(_ model: Model, _ configuration: Configuration) throws -> any Program {
        let priority = try configuration.value(of: .modelPriority) ?? .medium
        if try configuration.value(of: .performanceHint) == .cumulativeThroughput {
            return try MultiTarget(name: name, members: members).compile(model, configuration)
        }
        let claim = priorities.claim(members.map(\.name), for: priority)
        let ranked = claim.order.map { members[$0] }
        return try AutoProgram(
            name,
            ranked.map { member in
                (member.name, { try CompiledModel(model, for: member, configuration.restricted(to: member)) })
            }, atATime: configuration.value(of: .compilationNumThreads) ?? 0, claim)
    }
}

final class AutoProgram: Program {
    let inputs: [CompiledModel.Port]
    let outputs: [CompiledModel.Port]
    private let race: Race
    /// Kept as long as the program, which has the best device until then.
    private let claim: ModelPriorities.Claim

    /// - Parameters:
    ///   - members: names and how each is compiled, best first.
    ///   - limit: how many are compiled at a time; 0 for all.
    init(
        _ name: String, _ members: [(name: String, compile: @Sendable () throws -> CompiledModel)],
        atATime limit: Int, _ claim: ModelPriorities.Claim
    ) throws {
        guard !members.isEmpty else { throw VireoError(.notFound, "\(name) finds no device") }
        self.claim = claim
        race = Race(name, members.map(\.name))
        // The last are compiled first by a limited number of workers: what is best usually takes longest.
        let workers = (0..<(limit > 0 ? min(limit, members.count) : members.count)).map { _ in Worker() }
        for (place, rank) in members.indices.reversed().enumerated() {
            let member = members[rank]
            workers[place % workers.count].perform { [race] in
                race.finish(rank, Swift.Result { try member.compile() })
            }
        }
        let first = try race.best().model
        inputs = first.inputs
        outputs = first.outputs
    }

    private var best: CompiledModel? { try? race.best().model }

    var placement: Placement { best?.placement ?? .undecided }
    var devices: [DeviceInfo] { best?.devices ?? [] }
    var executionGraph: Model? { best?.executionGraph }
    var isLoadedFromCache: Bool { best?.isLoadedFromCache ?? false }
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
            case .failures(let failures):
                // What the caller did wrong is no failure of the devices.
                if let first = failures.first?.error, failures.allSatisfy({ $0.error.code == .invalidArgument }) {
                    throw first
                }
                throw VireoError(allFailed: failures, of: name)
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
