import Foundation

/// Draws one view of a graph as SVG.
struct GraphDrawing {
    let graph: BoxGraph
    /// Where a click on a scope or an outside box leads; nil for no link.
    var link: (ScopeView.Item) -> String? = { _ in nil }

    private static let letterWidth = 6.7
    private static let lineHeight = 16.0

    func svg(_ view: ScopeView, style: String = "") -> String {
        let scope = sharedScope(view)
        let slowest = view.members.map { time($0) }.max() ?? 0
        let cards = view.items.indices.map { card(view, $0, scope, slowest: slowest) }
        let layout = LayeredLayout(cards.map(\.size), edges: view.edges)
        let (width, height) = (layout.size.width.drawn, layout.size.height.drawn)
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\" width=\"\(width)\" height=\"\(height)\" "
                + "viewBox=\"0 0 \(width) \(height)\">",
            style,
        ]
        for route in layout.routes { lines.append("<path class=\"edge\" d=\"\(GraphDrawing.path(route))\"/>") }
        for (index, card) in cards.enumerated() {
            lines.append(draw(card, at: layout.places[index], href: link(view.items[index])))
        }
        lines.append("</svg>")
        return lines.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    // MARK: - Boxes

    private struct Card {
        let style: String
        let lines: [String]
        let tooltip: String
        /// 0 to 1: its time in parts of the slowest box's in the same view.
        let heat: Double
        let size: LayeredLayout.Size
    }

    private func card(_ view: ScopeView, _ index: Int, _ scope: [String], slowest: Int) -> Card {
        let members = view.members[index].map { graph.boxes[$0] }
        let microseconds = time(view.members[index])
        var lines: [String]
        let style: String
        switch view.items[index] {
        case .box(let number):
            let box = graph.boxes[number]
            style = box.kind.rawValue
            lines = [box.title, relative(box.name, to: scope), box.output]
        case .scope(let parts):
            style = "scope"
            lines = [
                relative(parts.joined(separator: "/"), to: scope),
                "\(members.count) \(graph.isMeasured ? "kernels" : "operations")",
            ]
            if let output = members.last?.output { lines.append(output) }
        case .outside(let number):
            style = "outside"
            lines = [graph.boxes[number].name, graph.boxes[number].output]
        }
        if graph.isMeasured, style != "outside", style != "boundary" {
            let devices = Set(members.compactMap(\.device)).sorted().joined(separator: " ")
            lines.append(
                microseconds > 0 || !devices.isEmpty
                    ? "\(devices)  \(Double(microseconds).milliseconds)\(share(microseconds))" : "")
        }
        let shown = lines.map { $0.shortened(to: 36) }
        let longest = shown.map(\.count).max() ?? 0
        let tooltip =
            members.count == 1
            ? members[0].details : ["\(members.count) boxes"] + Set(members.map(\.title)).sorted().prefix(12)
        return Card(
            style: style, lines: shown, tooltip: ([lines[0]] + tooltip).joined(separator: "\n"),
            heat: style == "outside" ? 0 : Double(microseconds) / Double(max(slowest, 1)),
            size: .init(
                width: max(Double(longest) * GraphDrawing.letterWidth + 22, 90),
                height: Double(shown.count) * GraphDrawing.lineHeight + 12))
    }

    /// The name scope that all of a view is in, which its names need not repeat.
    private func sharedScope(_ view: ScopeView) -> [String] {
        let scopes = view.items.compactMap { item -> [String]? in
            switch item {
            case .box(let box): graph.boxes[box].kind == .boundary ? nil : Array(graph.boxes[box].scope)
            case .scope(let parts): parts.dropLast()
            case .outside: nil
            }
        }
        return scopes.dropFirst().reduce(scopes.first ?? []) { shared, scope in
            zip(shared, scope).prefix { $0 == $1 }.map(\.0)
        }
    }

    private func time(_ boxes: [Int]) -> Int { boxes.reduce(0) { $0 + graph.boxes[$1].microseconds } }
    private var total: Int { time(Array(graph.boxes.indices)) }

    private func share(_ microseconds: Int) -> String {
        total > 0 ? String(format: "  %.1f %%", 100 * Double(microseconds) / Double(total)) : ""
    }

    private func relative(_ name: String, to scope: [String]) -> String {
        let prefix = scope.isEmpty ? "" : scope.joined(separator: "/") + "/"
        return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
    }

    private func draw(_ card: Card, at place: LayeredLayout.Point, href: String?) -> String {
        let left = place.x - card.size.width / 2
        var lines = [
            "<g class=\"box \(card.style)\" transform=\"translate(\(left.drawn) \(place.y.drawn))\">",
            "<title>\(card.tooltip.markup)</title>",
            "<rect width=\"\(card.size.width.drawn)\" height=\"\(card.size.height.drawn)\" rx=\"6\"/>",
        ]
        if card.heat > 0 {
            let heat = min(card.heat, 1)
            lines.append(
                "<rect class=\"heat\" x=\"6\" y=\"\((card.size.height - 4).drawn)\" "
                    + "width=\"\((heat * (card.size.width - 12)).drawn)\" height=\"3\" rx=\"1.5\"/>")
        }
        for (index, line) in card.lines.enumerated() {
            let y = GraphDrawing.lineHeight * Double(index + 1) + 1
            lines.append(
                "<text class=\"line\(index == 0 ? " title" : "")\" x=\"\((card.size.width / 2).drawn)\" "
                    + "y=\"\(y.drawn)\">\(line.markup)</text>")
        }
        lines.append("</g>")
        let box = lines.joined(separator: "\n")
        return href.map { "<a href=\"\($0)\">\n\(box)\n</a>" } ?? box
    }

    // MARK: - Edges

    /// A smooth line through the points, upright at each of them.
    private static func path(_ points: [LayeredLayout.Point]) -> String {
        guard let first = points.first else { return "" }
        var text = "M\(first.x.drawn) \(first.y.drawn)"
        for (start, end) in zip(points, points.dropFirst()) {
            if abs(start.x - end.x) < 0.5 {
                text += "L\(end.x.drawn) \(end.y.drawn)"
            } else {
                let middle = ((start.y + end.y) / 2).drawn
                text += "C\(start.x.drawn) \(middle) \(end.x.drawn) \(middle) \(end.x.drawn) \(end.y.drawn)"
            }
        }
        return text
    }
}

extension Double {
    /// One decimal, as drawings need no more.
    var drawn: String { String(format: "%.1f", self) }

    /// Microseconds as text: "0.21 ms".
    var milliseconds: String { String(format: self < 9950 ? "%.2f ms" : "%.1f ms", self / 1000) }
}

extension String {
    /// Escaped for XML and HTML.
    var markup: String {
        var text = ""
        for character in self {
            switch character {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case _ where character.unicodeScalars.contains { $0.value < 32 && $0 != "\n" && $0 != "\t" }: text += "?"
            default: text.append(character)
            }
        }
        return text
    }

    fileprivate func shortened(to width: Int) -> String {
        count > width ? prefix(width / 3) + "…" + suffix(width - width / 3 - 1) : self
    }
}
