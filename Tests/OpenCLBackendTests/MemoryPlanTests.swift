import OpenCLBackend
import Testing

@Suite
struct MemoryPlanTests {
    @Test("A chain of layers needs two blocks, each as large as its largest tensor")
    func chain() {
        let plan = MemoryPlan(byteCounts: [nil, 10, 40, 30, 20], uses: [[0, 1], [1, 2], [2, 3], [3, 4]])
        #expect(plan.block[0] == nil)
        #expect(plan.blocks.sorted() == [30, 40])
    }

    @Test("The smallest block that is large enough is taken")
    func bestFit() {
        let plan = MemoryPlan(byteCounts: [10, 30, 20, 15], uses: [[0, 1, 2], [3]])
        #expect(plan.block[3] == plan.block[2])
        #expect(plan.blocks.reduce(0, +) == 60)
    }

    @Test("Storages that are needed at the same time never share a block", arguments: 0..<20)
    func lifetimes(seed: Int) {
        var numbers = Numbers(seed: UInt64(seed))
        func draw(_ limit: Int) -> Int { Int((numbers.next() + 1) / 2 * Float(limit)) }
        let sizes = (0..<40).map { _ in draw(1000) + 1 }
        let uses = (0..<60).map { _ in (0..<3).map { _ in draw(40) } }
        let plan = MemoryPlan(byteCounts: sizes, uses: uses)
        let lives = sizes.indices.map { storage in
            (uses.firstIndex { $0.contains(storage) } ?? -1, uses.lastIndex { $0.contains(storage) } ?? -1)
        }
        for a in sizes.indices where lives[a].0 >= 0 {
            guard let block = plan.block[a] else {
                Issue.record("storage \(a) has no block")
                continue
            }
            #expect(plan.blocks[block] >= sizes[a])
            for b in sizes.indices.dropFirst(a + 1) where plan.block[b] == block {
                #expect(lives[a].1 < lives[b].0 || lives[b].1 < lives[a].0)
            }
        }
    }
}
