/// A graph whose vertices are in rows, with every edge cut into pieces from one row to the next.
struct RowedGraph {
    let boxCount: Int
    /// The row of each vertex: first the boxes, then the places where edges pass a row.
    private(set) var rowOf: [Int]
    /// The vertices of each row from left to right.
    private(set) var rows: [[Int]] = []
    /// The vertices that each edge goes through, from the upper end to the lower.
    private(set) var chains: [[Int]] = []
    /// For each vertex those it is joined with in the row above, and below.
    private(set) var above: [[Int]] = []
    private(set) var below: [[Int]] = []

    var vertexCount: Int { rowOf.count }

    init(boxCount: Int, edges: [LayeredLayout.Edge]) {
        self.boxCount = boxCount
        let downward = RowedGraph.withoutCircles(boxCount, edges)
        rowOf = RowedGraph.longestPaths(boxCount, downward)
        for edge in downward {
            var chain = [edge.from]
            for row in rowOf[edge.from] + 1..<max(rowOf[edge.to], rowOf[edge.from] + 1) {
                chain.append(rowOf.count)
                rowOf.append(row)
            }
            chains.append(chain + [edge.to])
        }
        above = Array(repeating: [], count: vertexCount)
        below = above
        for chain in chains {
            for (upper, lower) in zip(chain, chain.dropFirst()) {
                below[upper].append(lower)
                above[lower].append(upper)
            }
        }
        rows = Array(repeating: [], count: (rowOf.max() ?? -1) + 1)
        for vertex in depthFirstOrder() { rows[rowOf[vertex]].append(vertex) }
    }

    /// The edges, those turned round that would lead back to where a path came from.
    private static func withoutCircles(_ count: Int, _ edges: [LayeredLayout.Edge]) -> [LayeredLayout.Edge] {
        enum State { case unseen, open, done }
        var leaving = [[Int]](repeating: [], count: count)
        for (index, edge) in edges.enumerated() { leaving[edge.from].append(index) }
        var states = [State](repeating: .unseen, count: count)
        var result = edges
        for start in 0..<count where states[start] == .unseen {
            var path = [(box: start, next: 0)]
            states[start] = .open
            while let (box, next) = path.last {
                guard next < leaving[box].count else {
                    states[box] = .done
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let index = leaving[box][next]
                let target = edges[index].to
                switch states[target] {
                case .unseen:
                    states[target] = .open
                    path.append((target, 0))
                case .open: result[index] = LayeredLayout.Edge(from: target, to: box)
                case .done: break
                }
            }
        }
        return result
    }

    /// How far down each box is: below all that lead to it. Boxes that nothing leads to come right above what they lead
    /// to.
    private static func longestPaths(_ count: Int, _ edges: [LayeredLayout.Edge]) -> [Int] {
        var (pending, leaving) = ([Int](repeating: 0, count: count), [[Int]](repeating: [], count: count))
        for edge in edges {
            pending[edge.to] += 1
            leaving[edge.from].append(edge.to)
        }
        let sources = (0..<count).filter { pending[$0] == 0 }
        var rows = [Int](repeating: 0, count: count)
        var queue = sources
        var position = 0
        while position < queue.count {
            let box = queue[position]
            position += 1
            for next in leaving[box] {
                rows[next] = max(rows[next], rows[box] + 1)
                pending[next] -= 1
                if pending[next] == 0 { queue.append(next) }
            }
        }
        for box in sources { rows[box] = max((leaving[box].map { rows[$0] }.min() ?? 1) - 1, 0) }
        return rows
    }

    /// An order in which what hangs together comes together.
    private func depthFirstOrder() -> [Int] {
        var seen = [Bool](repeating: false, count: vertexCount)
        var order: [Int] = []
        for start in (0..<vertexCount).sorted(by: { (rowOf[$0], $0) < (rowOf[$1], $1) }) {
            var stack = [start]
            while let vertex = stack.popLast() {
                if seen[vertex] { continue }
                seen[vertex] = true
                order.append(vertex)
                stack += below[vertex].reversed()
            }
        }
        return order
    }

    // MARK: - Crossings

    /// Orders each row by the mean place of its neighbours, downwards and upwards in turn, and keeps the best order
    /// seen.
    mutating func reduceCrossings() {
        var best = (rows: rows, crossings: crossingCount())
        for sweep in 0..<24 where best.crossings > 0 {
            let isDownward = sweep % 2 == 0
            let indices = Array(rows.indices)
            for row in isDownward ? indices : indices.reversed() { order(row, by: isDownward ? above : below) }
            let crossings = crossingCount()
            if crossings < best.crossings { best = (rows, crossings) }
        }
        rows = best.rows
    }

    private mutating func order(_ row: Int, by neighbours: [[Int]]) {
        let places = placesInRows()
        let centres = rows[row].enumerated().map { place, vertex -> (centre: Double, place: Int, vertex: Int) in
            let others = neighbours[vertex]
            let sum = others.reduce(0) { $0 + places[$1] }
            return (others.isEmpty ? Double(place) : Double(sum) / Double(others.count), place, vertex)
        }
        rows[row] = centres.sorted { ($0.centre, $0.place) < ($1.centre, $1.place) }.map(\.vertex)
    }

    private func placesInRows() -> [Int] {
        var places = [Int](repeating: 0, count: vertexCount)
        for row in rows { for (place, vertex) in row.enumerated() { places[vertex] = place } }
        return places
    }

    /// How many pairs of edges cross.
    func crossingCount() -> Int {
        let places = placesInRows()
        var total = 0
        for row in rows {
            var ends: [Int] = []
            for vertex in row { ends += below[vertex].map { places[$0] }.sorted() }
            total += RowedGraph.inversions(&ends)
        }
        return total
    }

    /// Sorts the list and says how many pairs were in the wrong order.
    private static func inversions(_ list: inout [Int]) -> Int {
        guard list.count > 1 else { return 0 }
        var left = Array(list[..<(list.count / 2)])
        var right = Array(list[(list.count / 2)...])
        var count = inversions(&left) + inversions(&right)
        var (first, second) = (0, 0)
        for index in list.indices {
            if second == right.count || (first < left.count && left[first] <= right[second]) {
                list[index] = left[first]
                first += 1
            } else {
                list[index] = right[second]
                count += left.count - first
                second += 1
            }
        }
        return count
    }
}
