import VireoIR
import VireoTensor

/// A model as a picture: self-contained HTML in which name scopes open with a click, or one SVG.
///
/// ```swift
/// let drawing = try ModelDrawing(model)
/// try drawing.html.write(toFile: "model.html", atomically: true, encoding: .utf8)
/// ```
public struct ModelDrawing {
    private let graph: BoxGraph
    private let name: String
    private let subtitle: String

    /// The structure alone: one box for each operation.
    /// - Throws: `invalidArgument` for a graph with a cycle.
    public init(_ model: Model) throws {
        graph = try BoxGraph(model, explanation: nil)
        name = model.name
        subtitle = "\(graph.boxes.count) operations"
    }

    /// What ran: one box for each kernel, with its device and its share of the time.
    public init(_ explanation: Explanation) throws {
        graph = try BoxGraph(explanation.model, explanation: explanation)
        name = explanation.model.name
        let total = Double(explanation.nodes.reduce(0) { $0 + $1.microseconds }).milliseconds
        subtitle = "\(explanation.device): \(explanation.summary); \(graph.boxes.count) boxes, \(total) in kernels"
    }

    /// One picture of the whole model, deep name scopes collapsed.
    /// - Parameter scope: only this name scope.
    /// - Throws: `notFound` for a scope in which there is nothing.
    public func svg(scope: String = "") throws(VireoError) -> String {
        let parts = scope.split(separator: "/").map(String.init)
        guard graph.boxes.contains(where: { $0.scope.starts(with: parts) }) else {
            throw VireoError(.notFound, "no node of \"\(name)\" is in the name scope \"\(scope)\"")
        }
        let sheet = "<style>\n\(GraphStyle.sheet)\n</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>"
        return GraphDrawing(graph: graph).svg(ScopeView(of: parts, in: graph), style: sheet) + "\n"
    }

    /// A page that needs nothing else: no script, no network.
    public var html: String {
        let views = allViews()
        let numbers = Dictionary(
            views.enumerated().map { ($1.scope, $0) }, uniquingKeysWith: { first, _ in first })
        let homes = homeViews(views)
        let drawing = GraphDrawing(graph: graph) { item in
            switch item {
            case .scope(let scope): numbers[scope].map { "#scope\($0)" }
            case .outside(let box): homes[box].map { "#scope\($0)" }
            case .box: nil
            }
        }
        // The root comes last: a style rule hides it while another section is the page's target.
        let sections = Array(views.enumerated().dropFirst()) + views.enumerated().prefix(1)
        let body = sections.map { number, view in
            "<section id=\"scope\(number)\"\(number == 0 ? " class=\"root\"" : "")>\n"
                + "<nav>\(breadcrumb(view.scope, numbers))</nav>\n<div class=\"canvas\">\n\(drawing.svg(view))\n</div>\n"
                + "</section>"
        }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(name.markup)</title>
            <style>
            \(GraphStyle.sheet)
            \(GraphStyle.page)
            </style>
            </head>
            <body>
            <header><h1>\(name.markup)</h1><p>\(subtitle.markup)</p>\(GraphStyle.legend(isMeasured: graph.isMeasured))</header>
            \(body.joined(separator: "\n"))
            \(slowestTable(homes))
            </body>
            </html>

            """
    }

    /// The root and every scope that some view shows as one box, each before those inside it.
    private func allViews() -> [ScopeView] {
        var views = [ScopeView(of: [], in: graph)]
        var position = 0
        while position < views.count {
            for case .scope(let scope) in views[position].items { views.append(ScopeView(of: scope, in: graph)) }
            position += 1
        }
        return views
    }

    /// For each box the view that shows it open.
    private func homeViews(_ views: [ScopeView]) -> [Int: Int] {
        var homes: [Int: Int] = [:]
        for (number, view) in views.enumerated() {
            for case .box(let box) in view.items { homes[box] = homes[box] ?? number }
        }
        return homes
    }

    private func breadcrumb(_ scope: [String], _ numbers: [[String]: Int]) -> String {
        var parts = [scope.isEmpty ? "<b>\(name.markup)</b>" : "<a href=\"#scope0\">\(name.markup)</a>"]
        for count in scope.indices.map({ $0 + 1 }) {
            let part = scope[count - 1].markup
            if count == scope.count {
                parts.append("<b>\(part)</b>")
            } else {
                parts.append(
                    numbers[Array(scope.prefix(count))].map { "<a href=\"#scope\($0)\">\(part)</a>" } ?? part)
            }
        }
        return parts.joined(separator: " / ")
    }

    private func slowestTable(_ homes: [Int: Int]) -> String {
        let total = max(graph.boxes.reduce(0) { $0 + $1.microseconds }, 1)
        let slowest = graph.boxes.indices.filter { graph.boxes[$0].microseconds > 0 }
            .sorted { graph.boxes[$0].microseconds > graph.boxes[$1].microseconds }.prefix(15)
        guard !slowest.isEmpty else { return "" }
        let rows = slowest.map { index in
            let box = graph.boxes[index]
            let share = (100 * Double(box.microseconds) / Double(total)).drawn
            let place = homes[index].map { "#scope\($0)" } ?? "#scope0"
            return "<tr><td>\(Double(box.microseconds).milliseconds)</td><td>\(share) %</td>"
                + "<td><a href=\"\(place)\">\(box.name.markup)</a></td><td>\(box.title.markup)</td>"
                + "<td>\(box.output.markup)</td><td>\((box.device ?? "").markup)</td></tr>"
        }
        return "<footer><h2>Where the time goes</h2>\n<table>\n\(rows.joined(separator: "\n"))\n</table></footer>"
    }
}
