/// Places blocks that live for a while into one piece of memory, so that blocks which never live at the same time may
/// share addresses.
///
/// The largest block is placed first, each at the lowest offset that is free for its whole life: the "greedy by size"
/// strategy of Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference" (2020).
public struct ArenaPlan: Sendable, Equatable {
    /// A piece of memory and the steps, both included, from which and until which it is needed.
    public struct Block: Sendable, Equatable {
        public let byteCount: Int
        public let first: Int
        public let last: Int

        /// - Precondition: `byteCount` is not negative and `first <= last`.
        public init(byteCount: Int, first: Int, last: Int) {
            precondition(byteCount >= 0 && first <= last, "a block of \(byteCount) bytes from step \(first) to \(last)")
            self.byteCount = byteCount
            self.first = first
            self.last = last
        }
    }

    /// Where each block starts, in bytes, in the order in which the blocks were given.
    public let offsets: [Int]
    /// The size of the whole arena in bytes.
    public let byteCount: Int

    /// - Parameter alignment: a power of two that every offset is a multiple of.
    public init(_ blocks: [Block], alignment: Int = 64) {
        func aligned(_ byteCount: Int) -> Int { (byteCount + alignment - 1) & ~(alignment - 1) }
        let order = blocks.indices.sorted { (blocks[$0].byteCount, $1) > (blocks[$1].byteCount, $0) }
        var offsets = [Int](repeating: 0, count: blocks.count)
        var placed: [Int] = []  // ordered by offset
        var end = 0
        for index in order where blocks[index].byteCount > 0 {
            let block = blocks[index]
            var offset = 0
            for other in placed where blocks[other].first <= block.last && block.first <= blocks[other].last {
                if offset + block.byteCount <= offsets[other] { break }
                offset = max(offset, aligned(offsets[other] + blocks[other].byteCount))
            }
            offsets[index] = offset
            placed.insert(index, at: placed.firstIndex { offsets[$0] > offset } ?? placed.count)
            end = max(end, offset + block.byteCount)
        }
        self.offsets = offsets
        byteCount = aligned(end)
    }
}
