import VireoTensor

extension ConversionOptions {
    /// `--layout in(nhwc->nchw),out(nc)` or `nhwc->nchw`, with square or round brackets.
    public static func layouts(parsing text: String) throws(VireoError) -> [LayoutSpecification] {
        try entries(of: text, flag: "--layout") { (body) throws(VireoError) in
            let halves = body.split(separator: "->", omittingEmptySubsequences: false).map(String.init)
            guard halves.count <= 2 else { throw syntax("--layout", text) }
            return (try Layout(halves[0]), halves.count == 2 ? try Layout(halves[1]) : nil)
        }
    }

    /// `--source_layout in(nhwc)` and `--target_layout in(nchw)`, of which each may be left out.
    public static func layouts(source: String?, target: String?) throws(VireoError) -> [LayoutSpecification] {
        var layouts: [LayoutSpecification] = []
        if let source {
            layouts = try entries(of: source, flag: "--source_layout") { (body) throws(VireoError) in
                (try Layout(body), nil)
            }
        }
        guard let target else { return layouts }
        let targets = try entries(of: target, flag: "--target_layout") { (body) throws(VireoError) in
            (nil, try Layout(body))
        }
        for (position, target) in targets.enumerated() {
            let same = layouts.indices.first { index in
                layouts[index].name == target.name && (target.name != nil || index == position)
            }
            if let same { layouts[same].target = target.target } else { layouts.append(target) }
        }
        return layouts
    }

    private static func entries(
        of text: String, flag: String, _ parse: (String) throws(VireoError) -> (source: Layout?, target: Layout?)
    ) throws(VireoError) -> [LayoutSpecification] {
        var entries: [LayoutSpecification] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let part = part.filter { !$0.isWhitespace }
            var (name, body) = (String?.none, part)
            if let open = part.firstIndex(where: { $0 == "(" || $0 == "[" }) {
                guard part.last == ")" || part.last == "]", open > part.startIndex else { throw syntax(flag, text) }
                name = String(part[..<open])
                body = String(part[part.index(after: open)...].dropLast())
            }
            guard !body.isEmpty else { throw syntax(flag, text) }
            let (source, target) = try parse(body)
            entries.append(LayoutSpecification(name, source: source, target: target))
        }
        guard Set(entries.map { $0.name == nil }).count == 1 else {
            throw VireoError(
                .invalidArgument, "\(flag) mixes layouts with and without a name: \(text)",
                remedy: "name every input and output, or none")
        }
        return entries
    }

    private static func syntax(_ flag: String, _ text: String) -> VireoError {
        VireoError(
            .invalidArgument, "\(flag) cannot be read: \"\(text)\"",
            remedy: "write a letter an axis, as in nhwc->nchw or input(nhwc->nchw),output(nc)", faq: 57)
    }
}

/// The axes of an input or output in the graph and in the IR.
struct AxisArrangement {
    let source: Layout?
    let target: Layout?

    /// For each axis in the IR the axis in the graph; nil when the order is the same.
    let order: [Int]?

    /// - Throws: `invalidArgument` for layouts of another rank, or of different axes.
    init(source: Layout?, target: Layout?, rank: Int?, name: String) throws(VireoError) {
        self.source = source
        self.target = target
        for layout in [source, target] {
            guard let layout, let rank, layout.axes.count != rank else { continue }
            throw VireoError(
                .invalidArgument, "the layout \(layout) of \"\(name)\", which has \(rank) axes",
                remedy: "write one letter an axis")
        }
        guard let source, let target, source != target else {
            order = nil
            return
        }
        let order = target.axes.compactMap { source.index(of: $0) }
        guard !source.axes.contains("?"), order.count == source.axes.count, Set(order).count == order.count else {
            throw VireoError(
                .invalidArgument, "\(source) of \"\(name)\" cannot become \(target): the axes are not the same")
        }
        self.order = order
    }

    /// The order that leads back from the IR to the graph.
    var inverse: [Int]? {
        order.map { order in order.indices.map { axis in order.firstIndex(of: axis) ?? axis } }
    }
}
