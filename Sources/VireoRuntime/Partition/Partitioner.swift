/// Divides a graph whose nodes are assigned to devices into subgraphs of one device each.
///
/// The subgraphs can be run one after the other: following edges from one subgraph to the next never leads back. They
/// are maximal: no two subgraphs of a device could be joined without making such a circle.
package struct Partitioner {
    /// The device of each node; nodes are numbered in topological order.
    private let devices: [Int]
    /// The nodes that each node reads from.
    private let producers: [[Int]]

    /// - Precondition: every producer has a smaller number than its reader.
    package init(devices: [Int], producers: [[Int]]) {
        precondition(devices.count == producers.count)
        precondition(producers.indices.allSatisfy { node in producers[node].allSatisfy { $0 < node } })
        self.devices = devices
        self.producers = producers
    }

    /// The subgraphs in an order in which they can run, each with its nodes in topological order.
    package func subgraphs() -> [[Int]] {
        let (clusters, edges) = joined(clustersByDepth())
        return topologicallyOrdered(clusters, edges)
    }

    /// Clusters by device and depth: how many times a path to the node changes the device. An edge between two clusters
    /// always goes to a greater depth, so there is no circle.
    private func clustersByDepth() -> [[Int]] {
        struct Key: Hashable {
            let device: Int
            let depth: Int
        }
        var depths = [Int](repeating: 0, count: devices.count)
        var numbers: [Key: Int] = [:]
        var clusters: [[Int]] = []
        for node in devices.indices {
            for producer in producers[node] {
                let change = devices[producer] == devices[node] ? 0 : 1
                depths[node] = max(depths[node], depths[producer] + change)
            }
            let key = Key(device: devices[node], depth: depths[node])
            if let number = numbers[key] {
                clusters[number].append(node)
            } else {
                numbers[key] = clusters.count
                clusters.append([node])
            }
        }
        return clusters.sorted { depths[$0[0]] < depths[$1[0]] }
    }

    /// Joins clusters of one device until no two can be: they can when no path between them leads through a third.
    /// - Parameter clusters: in an order in which they could run.
    private func joined(_ clusters: [[Int]]) -> (clusters: [[Int]], successors: [Set<Int>]) {
        var clusters = clusters
        var successors = edges(between: clusters)
        var first = 0
        while first < clusters.count {
            let reachable = descendants(successors)
            let partner = clusters.indices.first { second in
                second > first && devices[clusters[second][0]] == devices[clusters[first][0]]
                    && !leads(from: first, to: second, successors, reachable)
                    && !leads(from: second, to: first, successors, reachable)
            }
            guard let partner else {
                first += 1
                continue
            }
            clusters[first] = (clusters[first] + clusters[partner]).sorted()
            clusters.remove(at: partner)
            successors = edges(between: clusters)
        }
        return (clusters, successors)
    }

    /// Whether a path of at least two edges goes from `start` to `end`.
    private func leads(from start: Int, to end: Int, _ successors: [Set<Int>], _ reachable: [Set<Int>]) -> Bool {
        successors[start].contains { $0 != end && reachable[$0].contains(end) }
    }

    private func edges(between clusters: [[Int]]) -> [Set<Int>] {
        var owner = [Int](repeating: 0, count: devices.count)
        for (cluster, nodes) in clusters.enumerated() { for node in nodes { owner[node] = cluster } }
        var successors = [Set<Int>](repeating: [], count: clusters.count)
        for node in devices.indices {
            for producer in producers[node] where owner[producer] != owner[node] {
                successors[owner[producer]].insert(owner[node])
            }
        }
        return successors
    }

    /// For each cluster every cluster that a path leads to.
    private func descendants(_ successors: [Set<Int>]) -> [Set<Int>] {
        var result = [Set<Int>](repeating: [], count: successors.count)
        for cluster in order(successors).reversed() {
            for next in successors[cluster] {
                result[cluster].insert(next)
                result[cluster].formUnion(result[next])
            }
        }
        return result
    }

    private func topologicallyOrdered(_ clusters: [[Int]], _ successors: [Set<Int>]) -> [[Int]] {
        order(successors).map { clusters[$0] }
    }

    private func order(_ successors: [Set<Int>]) -> [Int] {
        var pending = [Int](repeating: 0, count: successors.count)
        for list in successors { for next in list { pending[next] += 1 } }
        var queue = successors.indices.filter { pending[$0] == 0 }
        var position = 0
        while position < queue.count {
            for next in successors[queue[position]].sorted() {
                pending[next] -= 1
                if pending[next] == 0 { queue.append(next) }
            }
            position += 1
        }
        precondition(queue.count == successors.count, "the subgraphs form a circle")
        return queue
    }
}
