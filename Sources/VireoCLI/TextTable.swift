import Foundation

/// Columns of text. On a terminal the widest columns give way so that lines fit; in a file nothing is shortened.
struct TextTable {
    struct Column {
        let title: String
        var isNumeric = false
        /// Whether its texts may be shortened in the middle.
        var isFlexible = false
    }

    let columns: [Column]
    var rows: [[String]] = []

    /// - Parameter width: of the terminal; nil for no limit.
    func lines(width: Int? = Console.width) -> [String] {
        let all = [columns.map(\.title)] + rows
        var widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        if let width {
            var excess = widths.reduce(0, +) + 2 * (widths.count - 1) - width
            while excess > 0,
                let widest = columns.indices.filter({ columns[$0].isFlexible && widths[$0] > 12 })
                    .max(by: { widths[$0] < widths[$1] })
            {
                widths[widest] -= 1
                excess -= 1
            }
        }
        return all.map { row in
            let cells = columns.indices.map { column -> String in
                let text = row[column].shortened(to: widths[column])
                return columns[column].isNumeric
                    ? String(repeating: " ", count: widths[column] - text.count) + text
                    : text.padded(to: widths[column])
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}

extension String {
    /// The text with its middle left out when it is longer than `width`.
    func shortened(to width: Int) -> String {
        guard count > width else { return self }
        guard width > 3 else { return String(prefix(width)) }
        let tail = (width - 1) * 2 / 3
        return prefix(width - 1 - tail) + "…" + suffix(tail)
    }
}
