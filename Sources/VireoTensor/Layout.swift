/// The meaning of each axis of a tensor, one letter an axis: `NCHW`, `NHWC`, `NC`.
public struct Layout: Hashable, Sendable, CustomStringConvertible {
    public let axes: [Character]

    /// - Throws: `invalidArgument` when a letter repeats or is none of A-Z and `?`.
    public init(_ text: String) throws(VireoError) {
        let axes = Array(text.uppercased())
        let named = axes.filter { $0 != "?" }
        guard named.allSatisfy({ $0.isASCII && $0.isLetter }), Set(named).count == named.count else {
            throw VireoError(
                .invalidArgument, "\"\(text)\" is no layout", remedy: "write one letter an axis, such as NCHW or NHWC")
        }
        self.axes = axes
    }

    private init(axes: [Character]) { self.axes = axes }

    public static let nchw = Layout(axes: ["N", "C", "H", "W"])
    public static let nhwc = Layout(axes: ["N", "H", "W", "C"])
    public static let nc = Layout(axes: ["N", "C"])

    public var description: String { String(axes) }

    /// The position of `axis`, or nil when the layout does not name it.
    public func index(of axis: Character) -> Int? { axes.firstIndex(of: axis) }
}
