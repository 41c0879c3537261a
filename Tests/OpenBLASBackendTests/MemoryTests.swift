import Synchronization
import Testing
import VireoPluginKit

@Suite struct MemoryTests {
    @Test("blocks that live at the same time do not overlap, and others share memory")
    func arena() {
        let sizes = noise(60, seed: 5).map { 1 + Int($0.magnitude * 5000) }
        let starts = noise(60, seed: 6).map { Int($0.magnitude * 50) }
        let blocks = zip(sizes, starts).enumerated().map { index, pair in
            ArenaPlan.Block(byteCount: pair.0, first: pair.1, last: pair.1 + index % 7)
        }
        let plan = ArenaPlan(blocks)
        for (index, block) in blocks.enumerated() {
            #expect(plan.offsets[index] % 64 == 0)
            #expect(plan.offsets[index] + block.byteCount <= plan.byteCount)
            for other in 0..<index where blocks[other].first <= block.last && block.first <= blocks[other].last {
                #expect(
                    plan.offsets[index] + block.byteCount <= plan.offsets[other]
                        || plan.offsets[other] + blocks[other].byteCount <= plan.offsets[index])
            }
        }
        #expect(plan.byteCount < sizes.reduce(0, +) / 2)
    }

    @Test("a chain of blocks needs two places")
    func chain() {
        let plan = ArenaPlan((0..<10).map { ArenaPlan.Block(byteCount: 128, first: $0, last: $0 + 1) })
        #expect(plan.byteCount == 256)
    }

    @Test("every iteration runs once, on a thread with a number of its own", arguments: [1, 2, 3, 4])
    func team(threads: Int) {
        let team = ThreadTeam(count: 4)
        let tallies = (0..<500).map { _ in Tally() }
        let active = (0..<threads).map { _ in Tally() }
        for _ in 0..<200 {
            team.forEach(500, threads: threads) { index, thread in
                #expect(thread < threads)
                #expect(active[thread].count.wrappingAdd(1, ordering: .relaxed).oldValue == 0)
                tallies[index].count.wrappingAdd(1, ordering: .relaxed)
                active[thread].count.wrappingSubtract(1, ordering: .relaxed)
            }
        }
        #expect(tallies.allSatisfy { $0.count.load(ordering: .relaxed) == 200 })
    }

    @Test("a loop inside a loop runs on its thread")
    func nested() {
        let team = ThreadTeam(count: 2)
        let tally = Tally()
        team.forEach(8, threads: 2) { _, _ in
            team.forEach(8, threads: 2) { _, thread in
                #expect(thread == 0)
                tally.count.wrappingAdd(1, ordering: .relaxed)
            }
        }
        #expect(tally.count.load(ordering: .relaxed) == 64)
    }

    private final class Tally: Sendable { let count = Atomic<Int>(0) }
}
