import Synchronization
import VireoIR
import VireoTensor

/// `MULTI:A,B`: every device compiles the model, and each request goes to the device that is least busy for its size. A
/// request whose device fails goes to another, and the device that failed gets no more.
struct MultiTarget: CompilationTarget {
    let name: String
    let members: [any CompilationTarget]

    func settableProperties() throws -> Set<String> { try members.settableProperties() }

    func compile(_ model: Model, _ configuration: Configuration) throws -> any Program {
        let threads = try configuration.value(of: .compilationNumThreads) ?? 1
        let compiled = try concurrently(members.count, atATime: threads) { [members] number in
            let member = members[number]
            return try withContext("compiling for \(member.name)") {
                Member(try CompiledModel(model, for: member, configuration.restricted(to: member)))
            }
        }
        return MultiProgram(name, compiled)
    }
}

final class MultiProgram: Program {
    private let name: String
    private let members: [Member]

    /// - Precondition: there is a member.
    init(_ name: String, _ members: [Member]) {
        self.name = name
        self.members = members
    }

    var inputs: [CompiledModel.Port] { members[0].model.inputs }
    var outputs: [CompiledModel.Port] { members[0].model.outputs }
    /// That of the first device.
    var placement: Placement { members[0].model.placement }
    var executionGraph: Model? { members[0].model.executionGraph }
    var isLoadedFromCache: Bool { members.allSatisfy(\.model.isLoadedFromCache) }
    var optimalRequestCount: Int { members.reduce(0) { $0 + $1.model.optimalRequestCount } }

    var devices: [DeviceInfo] {
        var seen: Set<String> = []
        return members.flatMap(\.model.devices).filter { seen.insert($0.name).inserted }
    }

    func makeRunner() throws -> sending any Runner { SpreadingRunner { try self.next() } }

    /// The member that is least busy; of equals the first.
    private func next() throws -> Member {
        let working = members.filter { $0.failure == nil }
        guard let least = working.min(by: { $0.load < $1.load }) else {
            throw VireoError(
                allFailed: members.compactMap { member in member.failure.map { (member.name, $0) } }, of: name)
        }
        return least
    }
}

/// Gives each run to a member, and to another one when that fails.
final class SpreadingRunner: Runner {
    private let choose: @Sendable () throws -> Member
    private var last: InferRequest?

    /// - Parameter choose: a member that has not failed; throws when there is none.
    init(choosing choose: @escaping @Sendable () throws -> Member) { self.choose = choose }

    func run(_ inputs: [Tensor], into results: inout [Tensor], _ control: RunControl) throws {
        while true {
            let member = try choose()
            do {
                let start = control.lane?.now
                last = try member.run(inputs, into: &results, control)
                if let lane = control.lane, let start {
                    lane.add("run on \(member.name)", category: "device", start: start, duration: lane.now - start)
                }
                return
            } catch  where Member.isDeviceFailure(error) {
                continue
            }
        }
    }

    func profile() throws -> [ProfileRow] { try last?.profile ?? [] }
}

extension [any CompilationTarget] {
    /// What any of them can be given.
    func settableProperties() throws -> Set<String> {
        try reduce(into: []) { $0.formUnion(try $1.settableProperties()) }
    }
}

extension Configuration {
    /// The properties that a member can be given.
    func restricted(to member: any CompilationTarget) throws -> Configuration {
        let known = try member.settableProperties()
        return Configuration(values.filter { known.contains($0.key) })
    }
}
