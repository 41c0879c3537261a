/// Places boxes in rows so that edges lead downwards, cross rarely and run straight.
///
/// The four steps of K. Sugiyama, S. Tagawa and M. Toda, "Methods for Visual Understanding of Hierarchical System
/// Structures" (IEEE Transactions on Systems, Man, and Cybernetics 11, 1981): edges of a circle are turned round, boxes
/// get rows by the longest path, rows are ordered by barycentres, and places in a row are those nearest to what each
/// box would like (least squares with minimal distances, by pooling adjacent violators).
package struct LayeredLayout {
    package struct Size {
        package let width: Double
        package let height: Double

        package init(width: Double, height: Double) {
            self.width = width
            self.height = height
        }
    }

    package struct Point: Equatable {
        package var x: Double
        package var y: Double

        package init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }
    }

    package struct Edge: Hashable {
        package let from: Int
        package let to: Int

        package init(from: Int, to: Int) {
            self.from = from
            self.to = to
        }
    }

    /// The middle of each box's upper side.
    package let places: [Point]
    /// The points that each edge goes through, from the lower side of its first box to the upper side of its second.
    package let routes: [[Point]]
    package let size: Size

    private static let columnGap = 24.0
    private static let rowGap = 34.0
    private static let margin = 16.0
    /// What an edge takes of a row that it passes.
    private static let wireWidth = 6.0

    /// - Precondition: edges name boxes by their index, and no edge leads from a box to itself.
    package init(_ boxes: [Size], edges: [Edge]) {
        var rows = RowedGraph(boxCount: boxes.count, edges: edges)
        rows.reduceCrossings()

        let heights = rows.rows.map { row in row.filter { $0 < boxes.count }.map { boxes[$0].height }.max() ?? 0 }
        var tops: [Double] = []
        var y = LayeredLayout.margin
        for height in heights {
            tops.append(y)
            y += height + LayeredLayout.rowGap
        }
        let widths = (0..<rows.vertexCount).map {
            $0 < boxes.count ? boxes[$0].width : LayeredLayout.wireWidth
        }
        let columns = LayeredLayout.columns(rows, widths)
        let left = zip(columns, widths).map { $0 - $1 / 2 }.min() ?? 0
        let right = zip(columns, widths).map { $0 + $1 / 2 }.max() ?? 0
        func x(_ vertex: Int) -> Double { columns[vertex] - left + LayeredLayout.margin }

        places = boxes.indices.map { box in
            let row = rows.rowOf[box]
            return Point(x: x(box), y: tops[row] + (heights[row] - boxes[box].height) / 2)
        }
        let middles = places
        routes = zip(edges, rows.chains).map { edge, chain in
            var points: [Point] = []
            for vertex in chain {
                if vertex < boxes.count {
                    let top = middles[vertex]
                    if points.isEmpty {
                        points.append(Point(x: top.x, y: top.y + boxes[vertex].height))
                    } else {
                        points.append(top)
                    }
                } else {
                    let row = rows.rowOf[vertex]
                    points.append(Point(x: x(vertex), y: tops[row]))
                    points.append(Point(x: x(vertex), y: tops[row] + heights[row]))
                }
            }
            return chain.first == edge.from ? points : points.reversed()
        }
        size = Size(
            width: right - left + 2 * LayeredLayout.margin,
            height: max(y - LayeredLayout.rowGap, 0) + LayeredLayout.margin)
    }

    /// The horizontal middle of each vertex.
    private static func columns(_ graph: RowedGraph, _ widths: [Double]) -> [Double] {
        var columns = [Double](repeating: 0, count: widths.count)
        for row in graph.rows {
            var x = 0.0
            for vertex in row {
                columns[vertex] = x + widths[vertex] / 2
                x += widths[vertex] + columnGap
            }
            for vertex in row { columns[vertex] -= x / 2 }
        }
        // Wires between rows are kept straighter than edges at boxes.
        func weight(_ first: Int, _ second: Int) -> Double {
            let wires = (first >= graph.boxCount ? 1 : 0) + (second >= graph.boxCount ? 1 : 0)
            return [1, 2, 8][wires]
        }
        for round in 0..<24 {
            let isDownward = round % 2 == 0
            for row in isDownward ? graph.rows : graph.rows.reversed() {
                let wishes = row.map { vertex -> (column: Double, weight: Double) in
                    var neighbours = isDownward ? graph.above[vertex] : graph.below[vertex]
                    if round >= 16 { neighbours = graph.above[vertex] + graph.below[vertex] }
                    let weights = neighbours.map { weight(vertex, $0) }
                    let total = weights.reduce(0, +)
                    guard total > 0 else { return (columns[vertex], 0.01) }
                    let sum = zip(neighbours, weights).reduce(0) { $0 + columns[$1.0] * $1.1 }
                    return (sum / total, total)
                }
                for (vertex, column) in zip(row, spread(wishes, row.map { widths[$0] })) { columns[vertex] = column }
            }
        }
        return columns
    }

    /// The places nearest to the wishes, in their order and without overlap.
    private static func spread(_ wishes: [(column: Double, weight: Double)], _ widths: [Double]) -> [Double] {
        struct Block {
            var sum: Double
            var weight: Double
            var count: Int
            var mean: Double { sum / weight }
        }
        var offsets = [0.0]
        for index in widths.indices.dropFirst() {
            offsets.append(offsets[index - 1] + (widths[index - 1] + widths[index]) / 2 + columnGap)
        }
        var blocks: [Block] = []
        for (wish, offset) in zip(wishes, offsets) {
            var block = Block(sum: (wish.column - offset) * wish.weight, weight: wish.weight, count: 1)
            while let last = blocks.last, last.mean >= block.mean {
                block = Block(
                    sum: last.sum + block.sum, weight: last.weight + block.weight, count: last.count + block.count)
                blocks.removeLast()
            }
            blocks.append(block)
        }
        let columns = blocks.flatMap { Array(repeating: $0.mean, count: $0.count) }
        return zip(columns, offsets).map { $0 + $1 }
    }
}
