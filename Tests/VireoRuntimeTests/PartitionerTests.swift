import Testing
import VireoRuntime

@Suite struct PartitionerTests {
    /// A graph whose nodes read from earlier ones at random.
    struct Graph {
        let devices: [Int]
        let producers: [[Int]]

        init(seed: UInt64, nodeCount: Int, deviceCount: Int, readsAtMost fanIn: Int) {
            var random = SplitMix(state: seed)
            // Each node's device is the first of those that take it, by a random mask.
            devices = (0..<nodeCount).map { _ in
                let mask = Int.random(in: 1..<1 << deviceCount, using: &random)
                let order = (0..<deviceCount).map { ($0 + Int(seed)) % deviceCount }
                return order.first { mask >> $0 & 1 == 1 }!
            }
            producers = (0..<nodeCount).map { node in
                let count = node == 0 ? 0 : Int.random(in: 0...fanIn, using: &random)
                return Array(Set((0..<count).map { _ in Int.random(in: 0..<node, using: &random) }))
            }
        }

        var subgraphs: [[Int]] { Partitioner(devices: devices, producers: producers).subgraphs() }
    }

    /// Sebastiano Vigna's SplitMix64: the same numbers on every machine.
    struct SplitMix: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    static let graphs: [Graph] = (0..<10_000).map { seed in
        Graph(
            seed: UInt64(seed), nodeCount: 1 + seed % 40, deviceCount: 1 + seed % 4, readsAtMost: 1 + seed / 7 % 4)
    }

    @Test func `every node is in exactly one subgraph, with others of its device, in order`() {
        for graph in PartitionerTests.graphs {
            let subgraphs = graph.subgraphs
            #expect(subgraphs.flatMap { $0 }.sorted() == Array(graph.devices.indices))
            for nodes in subgraphs {
                #expect(Set(nodes.map { graph.devices[$0] }).count == 1)
                #expect(nodes == nodes.sorted())
            }
        }
    }

    @Test func `subgraphs run one after the other: each reads only from earlier ones`() {
        for graph in PartitionerTests.graphs {
            let subgraphs = graph.subgraphs
            let owner = owners(subgraphs, count: graph.devices.count)
            for node in graph.devices.indices {
                #expect(graph.producers[node].allSatisfy { owner[$0] <= owner[node] })
            }
        }
    }

    @Test func `no two subgraphs of a device can be joined without a circle`() {
        for graph in PartitionerTests.graphs {
            let subgraphs = graph.subgraphs
            for first in subgraphs.indices {
                for second in subgraphs.indices.dropFirst(first + 1)
                where graph.devices[subgraphs[first][0]] == graph.devices[subgraphs[second][0]] {
                    var joined = subgraphs
                    joined[first] += joined[second]
                    joined.remove(at: second)
                    #expect(hasCircle(joined, graph))
                }
            }
        }
    }

    @Test func `a large graph is divided too`() {
        let graph = Graph(seed: 7, nodeCount: 5000, deviceCount: 2, readsAtMost: 2)
        let owner = owners(graph.subgraphs, count: 5000)
        #expect(
            graph.producers.indices.allSatisfy { node in graph.producers[node].allSatisfy { owner[$0] <= owner[node] } }
        )
    }

    @Test func `one device makes one subgraph`() {
        let graph = Graph(seed: 1, nodeCount: 100, deviceCount: 1, readsAtMost: 3)
        #expect(graph.subgraphs == [Array(0..<100)])
    }

    @Test func `a branch that goes to another device and returns splits its own`() {
        // 0 -> 1 (other device) -> 2, and 0 -> 2: with 0 and 2 together there would be a circle.
        let partitioner = Partitioner(devices: [0, 1, 0], producers: [[], [0], [0, 1]])
        #expect(partitioner.subgraphs() == [[0], [1], [2]])
    }

    @Test func `branches that do not depend on each other share a subgraph`() {
        let partitioner = Partitioner(devices: [0, 1, 0, 1], producers: [[], [0], [], [2]])
        #expect(partitioner.subgraphs() == [[0, 2], [1, 3]])
    }

    @Test func `an empty graph has no subgraphs`() {
        #expect(Partitioner(devices: [], producers: []).subgraphs().isEmpty)
    }

    private func owners(_ subgraphs: [[Int]], count: Int) -> [Int] {
        var owner = [Int](repeating: 0, count: count)
        for (number, nodes) in subgraphs.enumerated() { for node in nodes { owner[node] = number } }
        return owner
    }

    /// Whether taking away subgraphs that read from none of the others gets stuck.
    private func hasCircle(_ subgraphs: [[Int]], _ graph: Graph) -> Bool {
        let owner = owners(subgraphs, count: graph.devices.count)
        var waiting = subgraphs.map { nodes in
            Set(nodes.flatMap { graph.producers[$0].map { owner[$0] } }).subtracting([owner[nodes[0]]])
        }
        var remaining = Set(subgraphs.indices)
        while let free = remaining.first(where: { waiting[$0].isEmpty }) {
            remaining.remove(free)
            for other in remaining { waiting[other].remove(free) }
        }
        return !remaining.isEmpty
    }
}
