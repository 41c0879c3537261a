/// Which blocks of memory hold a plan's temporary storages: storages whose uses do not overlap in time share a block.
package struct MemoryPlan {
    /// The size of each block in bytes.
    package private(set) var blocks: [Int] = []
    /// The block of each storage; nil for storages that are no temporaries, or never used.
    package private(set) var block: [Int?]

    /// Gives each temporary, in the order of first use, the free block that fits best, enlarging the largest when none
    /// does.
    /// - Parameters:
    ///   - byteCounts: the size of each storage; nil for those that are no temporaries.
    ///   - uses: for each command, in order, the storages that it reads or writes.
    package init(byteCounts: [Int?], uses: [[Int]]) {
        block = [Int?](repeating: nil, count: byteCounts.count)
        var lastUse = [Int](repeating: -1, count: byteCounts.count)
        for (time, storages) in uses.enumerated() {
            for storage in storages { lastUse[storage] = time }
        }
        var free: Set<Int> = []
        for (time, storages) in uses.enumerated() {
            for storage in storages where block[storage] == nil {
                if let byteCount = byteCounts[storage] { block[storage] = take(byteCount, from: &free) }
            }
            for storage in storages where lastUse[storage] == time {
                if let ended = block[storage] { free.insert(ended) }
            }
        }
    }

    private mutating func take(_ byteCount: Int, from free: inout Set<Int>) -> Int {
        let bySize = free.sorted { (blocks[$0], $0) < (blocks[$1], $1) }
        guard let chosen = bySize.first(where: { blocks[$0] >= byteCount }) ?? bySize.last else {
            blocks.append(byteCount)
            return blocks.count - 1
        }
        blocks[chosen] = max(blocks[chosen], byteCount)
        free.remove(chosen)
        return chosen
    }
}

extension MemoryPlan {
    init(_ plan: Plan) {
        self.init(
            byteCounts: plan.storages.map { if case .temporary(let byteCount) = $0 { byteCount } else { nil } },
            uses: plan.commands.map { $0.storages.map(\.index) })
    }
}
