/// What one picture of a graph shows: the boxes of a name scope, with deeper scopes collapsed to one box each.
struct ScopeView {
    enum Item: Hashable {
        case box(Int)
        /// A scope with more than one box, by the parts of its name.
        case scope([String])
        /// A box outside the scope that something inside reads from or is read by.
        case outside(Int)
    }

    let scope: [String]
    let items: [Item]
    let edges: [LayeredLayout.Edge]
    /// The boxes that each item stands for.
    let members: [[Int]]

    /// Scopes are opened, level by level, for as long as no more than this many boxes come of it.
    static let itemLimit = 40

    init(of scope: [String], in graph: BoxGraph) {
        let inside = graph.boxes.indices.filter { graph.boxes[$0].scope.starts(with: scope) }
        var level = scope.count + 1
        var items = ScopeView.items(inside, in: graph, level: level)
        while items.contains(where: \.isScope) {
            let opened = ScopeView.items(inside, in: graph, level: level + 1)
            // A picture of a single scope would say nothing.
            guard opened.count <= ScopeView.itemLimit || items.count(where: \.isScope) == 1 && items.count < 8 else {
                break
            }
            (items, level) = (opened, level + 1)
        }

        var itemOf: [Int: Int] = [:]
        var members = [[Int]](repeating: [], count: items.count)
        let numbers = Dictionary(items.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        for box in inside {
            let item = numbers[.box(box)] ?? numbers[.scope(Array(graph.boxes[box].scope.prefix(level)))]
            guard let item else { continue }
            itemOf[box] = item
            members[item].append(box)
        }
        func item(_ box: Int) -> Int {
            if let known = itemOf[box] { return known }
            itemOf[box] = items.count
            items.append(.outside(box))
            members.append([box])
            return items.count - 1
        }
        var edges: [LayeredLayout.Edge] = []
        var seen: Set<LayeredLayout.Edge> = []
        let insideSet = Set(inside)
        for edge in graph.edges where insideSet.contains(edge.from) || insideSet.contains(edge.to) {
            let joined = LayeredLayout.Edge(from: item(edge.from), to: item(edge.to))
            if joined.from != joined.to, seen.insert(joined).inserted { edges.append(joined) }
        }
        self.scope = scope
        self.items = items
        self.edges = edges
        self.members = members
    }

    /// The boxes and scopes that are seen when scopes of more than `level` parts are collapsed.
    private static func items(_ inside: [Int], in graph: BoxGraph, level: Int) -> [Item] {
        var counts: [[String]: Int] = [:]
        for box in inside { counts[Array(graph.boxes[box].scope.prefix(level)), default: 0] += 1 }
        var seen: Set<Item> = []
        return inside.compactMap { box in
            let scope = Array(graph.boxes[box].scope.prefix(level))
            let item: Item = scope.count < level || counts[scope] == 1 ? .box(box) : .scope(scope)
            return seen.insert(item).inserted ? item : nil
        }
    }
}

extension ScopeView.Item {
    var isScope: Bool {
        if case .scope = self { return true }
        return false
    }
}
