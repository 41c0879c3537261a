import CVireoPlugin
import Glibc
import Synchronization
import VireoPluginKit

/// Hosts that only lend memory: what a backend needs when its graphs are made by hand.
public enum TestHost {
    public static let host = Host(
        table: table(
            allocate: { _, size, alignment in lend(size, alignment) }, deallocate: { _, memory in free(memory) }))

    /// A host that has no memory.
    public static let poor = Host(
        table: table(allocate: { _, _, _ in nil }, deallocate: { _, memory in free(memory) }))

    /// A host that lends `budget` times, then has no memory.
    public static let frugal = Host(
        table: table(
            allocate: { _, size, alignment in
                guard TestHost.takeFromBudget() else { return nil }
                TestHost.lent.add(1, ordering: .relaxed)
                return lend(size, alignment)
            },
            deallocate: { _, memory in
                TestHost.lent.subtract(1, ordering: .relaxed)
                free(memory)
            }))

    public static let budget = Mutex(0)
    /// Blocks of the frugal host that were not given back.
    public static let lent = Atomic<Int>(0)

    private static func takeFromBudget() -> Bool {
        budget.withLock { budget in
            budget -= 1
            return budget >= 0
        }
    }

    private static func table(
        allocate: @escaping @convention(c) (UnsafePointer<vireo_host_api>?, Int, Int) -> UnsafeMutableRawPointer?,
        deallocate: @escaping @convention(c) (UnsafePointer<vireo_host_api>?, UnsafeMutableRawPointer?) -> Void
    ) -> UnsafePointer<vireo_host_api> {
        let table = UnsafeMutablePointer<vireo_host_api>.allocate(capacity: 1)
        memset(table, 0, MemoryLayout<vireo_host_api>.size)
        // Of version 1.0: without what came after it.
        table.pointee.struct_size = MemoryLayout<vireo_host_api>.offset(of: \.value_fingerprint)!
        table.pointee.abi_major = VIREO_ABI_MAJOR
        table.pointee.abi_minor = VIREO_ABI_MINOR
        table.pointee.allocate = allocate
        table.pointee.deallocate = deallocate
        table.pointee.log = { _, _, _ in }
        return UnsafePointer(table)
    }
}

private func lend(_ size: Int, _ alignment: Int) -> UnsafeMutableRawPointer? {
    aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)
}
