/// The one error type of the package: what went wrong, where, and what to do about it.
///
/// ```
/// [ ERROR ]  cannot open the weights file
///   in: reading /models/net.xml
///   in: layer "conv1" (Const)
///   try: keep net.bin beside net.xml
/// ```
public struct VireoError: Error, Sendable, Equatable {
    /// The kind of failure, stable across releases, for programs to switch on.
    public enum Code: String, Sendable, CaseIterable {
        case invalidArgument = "invalid-argument"
        case notFound = "not-found"
        case malformedFile = "malformed-file"
        case inputOutput = "input-output"
        case unsupported
        case unavailable
        case outOfMemory = "out-of-memory"
        case busy
        case cancelled
        case internalError = "internal"
    }

    public let code: Code
    /// What is wrong, in one sentence without a full stop.
    public let message: String
    /// Where it happened, outermost first: file, node, port.
    public private(set) var context: [String]
    /// What the reader can do about it.
    public let remedy: String?
    /// The Model Optimizer's question number that people search for, where one exists.
    public let faq: Int?

    public init(_ code: Code, _ message: String, in context: [String] = [], remedy: String? = nil, faq: Int? = nil) {
        self.code = code
        self.message = message
        self.context = context
        self.remedy = remedy
        self.faq = faq
    }

    /// The same error with one more enclosing place.
    public func adding(context place: String) -> VireoError {
        var error = self
        error.context.insert(place, at: 0)
        return error
    }
}

extension VireoError: CustomStringConvertible {
    public var description: String {
        var lines = [message]
        lines += context.map { "  in: \($0)" }
        if let remedy { lines.append("  try: \(remedy)") }
        if let faq { lines.append("  see: docs/faq.md, question \(faq)") }
        return lines.joined(separator: "\n")
    }
}

/// Runs `body`, adding `place` to any `VireoError` that leaves it.
@inlinable
public func withContext<Result>(_ place: @autoclosure () -> String, _ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as VireoError {
        throw error.adding(context: place())
    }
}
