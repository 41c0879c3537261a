import Testing
import VireoInspection

@Suite("The layered layout")
struct LayeredLayoutTests {
    private func layout(_ count: Int, _ edges: [(Int, Int)]) -> LayeredLayout {
        LayeredLayout(
            Array(repeating: .init(width: 80, height: 40), count: count),
            edges: edges.map { LayeredLayout.Edge(from: $0.0, to: $0.1) })
    }

    /// Pseudo-random edges between `count` boxes, forwards only unless `circles`.
    private func randomEdges(_ count: Int, seed: Int, circles: Bool) -> [(Int, Int)] {
        var state = UInt64(truncatingIfNeeded: seed &* 2_654_435_761 &+ 1)
        func next(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        var edges: Set<[Int]> = []
        for _ in 0..<2 * count {
            let (first, second) = (next(count), next(count))
            if first == second { continue }
            edges.insert(circles ? [first, second] : [min(first, second), max(first, second)])
        }
        return edges.sorted { ($0[0], $0[1]) < ($1[0], $1[1]) }.map { ($0[0], $0[1]) }
    }

    @Test("boxes never overlap and lie inside the drawing", arguments: 0..<20)
    func noOverlap(_ seed: Int) {
        let count = 3 + seed * 2
        let layout = layout(count, randomEdges(count, seed: seed, circles: seed % 2 == 1))
        for (index, place) in layout.places.enumerated() {
            #expect(place.x >= 40 && place.x + 40 <= layout.size.width + 1e-6)
            #expect(place.y >= 0 && place.y + 40 <= layout.size.height + 1e-6)
            for other in layout.places.dropFirst(index + 1) {
                #expect(abs(place.x - other.x) >= 80 - 1e-6 || abs(place.y - other.y) >= 40 - 1e-6)
            }
        }
    }

    @Test("every edge of a graph without circles leads downwards, from box to box", arguments: 0..<20)
    func downwards(_ seed: Int) {
        let count = 4 + seed
        let edges = randomEdges(count, seed: seed, circles: false)
        let layout = layout(count, edges)
        for (edge, route) in zip(edges, layout.routes) {
            let (from, to) = (layout.places[edge.0], layout.places[edge.1])
            #expect(route.first == LayeredLayout.Point(x: from.x, y: from.y + 40))
            #expect(route.last == to)
            #expect(zip(route, route.dropFirst()).allSatisfy { $0.y <= $1.y })
        }
    }

    @Test("two crossed pairs are uncrossed")
    func uncrosses() {
        let layout = layout(4, [(0, 3), (1, 2)])
        let places = layout.places
        #expect((places[0].x < places[1].x) == (places[3].x < places[2].x))
    }

    @Test("a chain is one straight line")
    func chain() {
        let layout = layout(6, (0..<5).map { ($0, $0 + 1) })
        #expect(Set(layout.places.map { ($0.x * 100).rounded() }).count == 1)
    }

    @Test("nothing at all, one box, and a circle can be drawn")
    func extremes() {
        #expect(layout(0, []).places.isEmpty)
        #expect(layout(1, []).places.count == 1)
        #expect(layout(3, [(0, 1), (1, 2), (2, 0)]).routes.count == 3)
    }
}
