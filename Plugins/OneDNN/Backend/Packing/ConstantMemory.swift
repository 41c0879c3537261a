import VireoPluginKit
import VireoTensor

/// Memory that lives as long as an executable: constants that were computed, packed, or found in the cache.
final class ConstantMemory: @unchecked Sendable {
    private let host: Host
    private var blocks: [UnsafeMutableRawPointer] = []
    /// What holds the constants that were packed by an earlier process.
    let cached: CacheFile?

    init(host: Host, cached: CacheFile? = nil) {
        self.host = host
        self.cached = cached
    }

    func allocate(byteCount: Int) throws(VireoError) -> UnsafeMutableRawPointer {
        let block = try host.allocate(byteCount: max(byteCount, 1))
        blocks.append(block)
        return block
    }

    /// Lets go of every block but those that begin at these addresses.
    func keep(only addresses: Set<UnsafeMutableRawPointer>) {
        blocks.filter { !addresses.contains($0) }.forEach(host.deallocate)
        blocks.removeAll { !addresses.contains($0) }
    }

    deinit { blocks.forEach(host.deallocate) }
}
