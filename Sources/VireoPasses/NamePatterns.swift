import VireoTensor

/// Regular expressions for the names of nodes, such as `--finegrain_fusing` takes. A name matches from its beginning.
public struct NamePatterns: @unchecked Sendable {
    // A Regex does not change, and says nowhere that it is Sendable.
    private let patterns: [Regex<AnyRegexOutput>]

    /// No name matches.
    public init() { patterns = [] }

    /// - Throws: `invalidArgument` for what is no regular expression.
    public init(_ texts: [String]) throws(VireoError) {
        var patterns: [Regex<AnyRegexOutput>] = []
        for text in texts {
            guard let pattern = try? Regex(text) else {
                throw VireoError(.invalidArgument, "\"\(text)\" is no regular expression")
            }
            patterns.append(pattern)
        }
        self.patterns = patterns
    }

    public func matches(_ name: String) -> Bool {
        patterns.contains { ((try? $0.prefixMatch(in: name)) ?? nil) != nil }
    }
}
