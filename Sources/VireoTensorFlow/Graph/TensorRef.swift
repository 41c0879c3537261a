import VireoTensor

/// One output of a node: `conv1` or `conv1:0` is the first output of the node `conv1`, `split:2` the third of `split`.
public struct TensorRef: Hashable, Sendable {
    public let node: String
    public let port: Int

    public init(_ node: String, port: Int = 0) {
        self.node = node
        self.port = port
    }

    /// - Throws: `invalidArgument` when `text` is not `node` or `node:port`.
    public init(parsing text: String) throws(VireoError) {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else {
            try self.init(text[...], port: 0, of: text)
            return
        }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let port = Int(digits) else {
            throw TensorRef.malformed(text)
        }
        try self.init(text[..<colon], port: port, of: text)
    }

    private init(_ node: Substring, port: Int, of text: String) throws(VireoError) {
        guard !node.isEmpty, !node.hasPrefix("^"), !node.utf8.contains(UInt8(ascii: ":")) else {
            throw TensorRef.malformed(text)
        }
        self.init(String(node), port: port)
    }

    private static func malformed(_ text: String) -> VireoError {
        VireoError(
            .invalidArgument, "\"\(text)\" names no output of a node", remedy: "write it as \"node\" or \"node:port\"")
    }
}

extension TensorRef: CustomStringConvertible {
    public var description: String { port == 0 ? node : "\(node):\(port)" }
}
