/// How drawings look, on light and on dark screens.
enum GraphStyle {
    /// What an SVG needs by itself.
    static let sheet = """
        .graph { --ink: #1c2430; --faint: #667284; --paper: #ffffff; --wire: #9aa5b4; --line: #c4ccd6; font: 11px
        ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
        .paper { fill: var(--paper); }
        .edge { fill: none; stroke: var(--wire); stroke-width: 1.3; }
        .box rect { fill: var(--fill); stroke: var(--stroke); stroke-width: 1; }
        .box .line { text-anchor: middle; fill: var(--faint); }
        .box .title { font-weight: 600; fill: var(--ink); }
        .box .heat { fill: #e4572e; stroke: none; }
        a .box rect:first-of-type { stroke-width: 1.6; }
        a:hover .box rect:first-of-type { stroke: var(--ink); }
        .product { --fill: #dfeaff; --stroke: #5b8def; }
        .pooling { --fill: #dcf5e4; --stroke: #4fae72; }
        .activation { --fill: #ffe4e1; --stroke: #e0746a; }
        .normalization { --fill: #efe3fb; --stroke: #a276d3; }
        .movement { --fill: #fbf0d9; --stroke: #d0a44c; }
        .arithmetic { --fill: #e4f2f5; --stroke: #5aa5b5; }
        .boundary { --fill: #e9ecf0; --stroke: #8792a1; }
        .scope { --fill: #ffffff; --stroke: #5b6778; }
        .outside { --fill: none; --stroke: var(--wire); }
        .outside rect { stroke-dasharray: 4 3; }
        @media (prefers-color-scheme: dark) {
        .graph { --ink: #e8edf4; --faint: #a3afbf; --paper: #14181f; --wire: #566273; --line: #3a4453; }
        .product { --fill: #1d2f52; } .pooling { --fill: #17392a; } .activation { --fill: #4a2320; }
        .normalization { --fill: #38264d; } .movement { --fill: #423514; } .arithmetic { --fill: #17363d; }
        .boundary { --fill: #2a313b; } .scope { --fill: #1b212a; --stroke: #8a97a9; }
        }
        """

    /// What a page adds.
    static let page = """
        :root { color-scheme: light dark; }
        body { margin: 0; font: 14px/1.45 system-ui, sans-serif; background: Canvas; color: CanvasText; }
        header, footer, nav { padding: 0 24px; }
        header { padding-top: 18px; } h1 { font-size: 20px; margin: 0; } h2 { font-size: 16px; }
        header p { margin: 2px 0 8px; opacity: .75; }
        section { display: none; } section:target, section.root { display: block; }
        section:target ~ section.root { display: none; }
        nav { padding-top: 8px; padding-bottom: 8px; } a { color: LinkText; }
        .canvas { overflow-x: auto; text-align: center; } .canvas svg { display: inline-block; }
        .legend { display: flex; flex-wrap: wrap; gap: 6px; font-size: 12px; }
        .legend span { background: var(--fill); border: 1px solid var(--stroke); border-radius: 5px; padding: 1px 8px; }
        .legend .heat { background: none; border: none; border-bottom: 3px solid #e4572e; border-radius: 0; }
        table { border-collapse: collapse; font-size: 13px; margin-bottom: 24px; } td { padding: 2px 14px 2px 0; }
        td:nth-child(-n+2) { text-align: right; font-variant-numeric: tabular-nums; }
        """

    static func legend(isMeasured: Bool) -> String {
        let kinds = BoxKind.allCases.map { "<span class=\"\($0.rawValue)\">\($0.label)</span>" }
        let heat = isMeasured ? "<span class=\"heat\">time, beside the slowest here</span>" : ""
        return
            "<div class=\"legend graph\">\(kinds.joined())<span class=\"scope\">name scope: click</span>\(heat)</div>"
    }
}

extension BoxKind {
    fileprivate var label: String {
        switch self {
        case .product: "convolution, matrix product"
        case .pooling: "pooling, reduction"
        case .activation: "activation"
        case .normalization: "normalization"
        case .movement: "data movement"
        case .arithmetic: "arithmetic, other"
        case .boundary: "input, output"
        }
    }
}
