import CVireoPlugin
import Glibc
import Synchronization
import VireoTensor

/// What the runtime gives to one plugin: the C table, and an account of what the plugin holds.
///
/// A host lives until the process ends, because a library is never unloaded and may keep the table.
package final class PluginHost: Sendable {
    /// Which of the host's allocations fail. Tests set it; counting starts anew each time.
    package enum AllocationPolicy: Sendable {
        case succeed
        /// Allocation number `index`, counted from 0, fails.
        case failOnly(_ index: Int)
        /// Allocation number `index` and all later ones fail.
        case failFrom(_ index: Int)

        func allows(_ index: Int) -> Bool {
            switch self {
            case .succeed: true
            case .failOnly(let failing): index != failing
            case .failFrom(let failing): index < failing
            }
        }
    }

    private struct Account {
        var statuses: Set<PluginStatus> = []
        var liveAllocationCount = 0
        var policy = AllocationPolicy.succeed
        var attemptCount = 0

        mutating func mayAllocate() -> Bool {
            defer { attemptCount += 1 }
            return policy.allows(attemptCount)
        }
    }

    private struct Record {
        /// First, so that a pointer to the table is a pointer to the record.
        var api: vireo_host_api
        let host: Unmanaged<PluginHost>
    }

    private nonisolated(unsafe) let record: UnsafeMutablePointer<Record>
    private let account = Mutex(Account())
    private let sinks = Mutex<[WeakSink]>([])

    /// What `vireo_plugin_entry` is given.
    package var table: UnsafePointer<vireo_host_api> {
        UnsafeRawPointer(record).assumingMemoryBound(to: vireo_host_api.self)
    }

    /// - Parameter abiMajor: another version than the runtime's, for tests of plugins that must refuse it.
    package init(abiMajor: UInt32 = VIREO_ABI_MAJOR) {
        var api = PluginHost.api
        api.abi_major = abiMajor
        record = .allocate(capacity: 1)
        record.initialize(to: Record(api: api, host: .passRetained(self)))
    }

    static func of(_ table: UnsafePointer<vireo_host_api>?) -> PluginHost {
        let record = UnsafeRawPointer(table!).assumingMemoryBound(to: Record.self)
        return record.pointee.host.takeUnretainedValue()
    }

    // MARK: Account

    package var liveStatusCount: Int { account.withLock { $0.statuses.count } }
    package var liveAllocationCount: Int { account.withLock { $0.liveAllocationCount } }
    /// Allocations asked for since the policy was set.
    package var attemptCount: Int { account.withLock { $0.attemptCount } }

    package func setAllocationPolicy(_ policy: AllocationPolicy) {
        account.withLock {
            $0.policy = policy
            $0.attemptCount = 0
        }
    }

    /// Ends the statuses that nobody returned or released, and gives their messages.
    /// - Parameter thread: only those that this thread made; all when nil.
    func takeLeakedStatuses(madeBy thread: pthread_t? = nil) -> [String] {
        account.withLock { account in
            let leaked = account.statuses.filter { thread == nil || $0.thread == thread }
            account.statuses.subtract(leaked)
            return leaked.map(\.text).sorted()
        }
    }

    // MARK: Statuses

    func makeStatus(_ code: Int32, _ message: UnsafePointer<CChar>?) -> PluginStatus {
        account.withLock { account in
            guard account.mayAllocate() else { return .outOfMemory }
            let status = PluginStatus(code, message.map { String(cString: $0) } ?? "")
            account.statuses.insert(status)
            return status
        }
    }

    func release(_ status: PluginStatus) {
        account.withLock { _ = $0.statuses.remove(status) }
    }

    /// Ends a status that a plugin returned.
    /// - Throws: what the status says, nothing when it is NULL.
    package func check(_ handle: OpaquePointer?) throws(VireoError) {
        guard let handle else { return }
        if handle == PluginStatus.outOfMemory.handle { throw PluginStatus.outOfMemory.error }
        let status = account.withLock { account in
            account.statuses.first { $0.handle == handle }.flatMap { account.statuses.remove($0) }
        }
        guard let status else {
            throw VireoError(.internalError, "the plugin returned a status that this host did not make for it")
        }
        throw status.error
    }

    // MARK: Memory

    func allocate(_ byteCount: Int, alignment: Int) -> UnsafeMutableRawPointer? {
        guard byteCount >= 0, alignment > 0, alignment <= 4096, alignment & (alignment - 1) == 0 else { return nil }
        return account.withLock { account -> Memory? in
            guard account.mayAllocate() else { return nil }
            var memory: UnsafeMutableRawPointer?
            let wanted = max(alignment, MemoryLayout<UnsafeRawPointer>.alignment)
            guard posix_memalign(&memory, wanted, max(byteCount, 1)) == 0, let memory else { return nil }
            account.liveAllocationCount += 1
            return Memory(base: memory)
        }?.base
    }

    func deallocate(_ memory: UnsafeMutableRawPointer?) {
        guard let memory else { return }
        free(memory)
        account.withLock { $0.liveAllocationCount -= 1 }
    }

    private struct Memory: @unchecked Sendable { let base: UnsafeMutableRawPointer }

    // MARK: Log

    private struct WeakSink: Sendable { weak let sink: PluginLog? }

    /// Sends what the plugin logs to `log` as well, for as long as somebody keeps it.
    func attach(_ log: PluginLog) {
        sinks.withLock { sinks in
            sinks.removeAll { $0.sink == nil || $0.sink === log }
            sinks.append(WeakSink(sink: log))
        }
    }

    func log(_ level: LogLevel, _ message: String) {
        for sink in sinks.withLock({ $0.compactMap(\.sink) }) { sink.write(level, message) }
    }
}
