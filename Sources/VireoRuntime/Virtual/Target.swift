import VireoTensor

/// What a device's name stands for, taken apart: a device, or a virtual device over others.
///
/// | name | meaning |
/// |---|---|
/// | `ONEDNN`, `OPENCL.1`, `CPU`, `GPU` | a device |
/// | `HETERO:A,B` | each operation on the first of the devices that takes it |
/// | `MULTI:A,B` | requests spread over the devices |
/// | `AUTO`, `AUTO:A,B` | the device that is ready first, then the best one |
/// | `BATCH:A(16)` | single requests gathered into batches |
///
/// A virtual device inside another stands in parentheses: `MULTI:(HETERO:OPENCL.0,ONEDNN),OPENBLAS`.
public indirect enum Target: Sendable, Hashable {
    case device(String)
    case hetero([Target])
    case multi([Target])
    /// Without members: the devices of this machine.
    case auto([Target])
    /// - Parameter size: samples in a batch.
    case batch(Target, size: Int)

    /// - Throws: `invalidArgument` for a name that is built wrongly, `notFound` for an unknown virtual device.
    public init(_ text: String) throws(VireoError) {
        let text = text.uppercased()
        guard let colon = text.firstIndex(of: ":"), text.first != "(" else {
            switch text {
            case "AUTO": self = .auto([])
            case "HETERO", "MULTI", "BATCH":
                throw VireoError(
                    .invalidArgument, "\"\(text)\" does not say which devices",
                    remedy: text == "BATCH" ? "write as in BATCH:CPU(4)" : "write as in \(text):ONEDNN,REFERENCE")
            default: self = try .device(Target.inner(text))
            }
            return
        }
        let (kind, rest) = (String(text[..<colon]), text[text.index(after: colon)...])
        switch kind {
        case "HETERO": self = .hetero(try Target.members(rest, of: text))
        case "MULTI": self = .multi(try Target.members(rest, of: text))
        case "AUTO": self = .auto(try Target.members(rest, of: text))
        case "BATCH": self = try Target.batch(rest, of: text)
        default:
            throw VireoError(
                .notFound, "\(kind) is no virtual device",
                remedy: "the virtual devices are HETERO:A,B, MULTI:A,B, AUTO:A,B and BATCH:A(n)")
        }
    }

    private static func inner(_ text: String) throws(VireoError) -> String {
        guard !text.isEmpty, !text.contains(where: { "():, ".contains($0) }) else {
            throw VireoError(.invalidArgument, "\"\(text)\" is no name of a device")
        }
        return text
    }

    private static func members(_ list: Substring, of whole: String) throws(VireoError) -> [Target] {
        var members: [Target] = []
        for member in try split(list, of: whole) {
            guard !member.isEmpty else {
                throw VireoError(
                    .invalidArgument, "\"\(whole)\" does not say which devices",
                    remedy: "write as in HETERO:ONEDNN,REFERENCE")
            }
            members.append(try Target(isParenthesized(member) ? String(member.dropFirst().dropLast()) : String(member)))
        }
        return members
    }

    /// The parts between the commas that stand outside parentheses.
    private static func split(_ list: Substring, of whole: String) throws(VireoError) -> [Substring] {
        var parts: [Substring] = []
        var depth = 0
        var start = list.startIndex
        for index in list.indices {
            switch list[index] {
            case "(": depth += 1
            case ")": depth -= 1
            case "," where depth == 0:
                parts.append(list[start..<index])
                start = list.index(after: index)
            default: break
            }
            if depth < 0 { break }
        }
        guard depth == 0 else {
            throw VireoError(.invalidArgument, "the parentheses of \"\(whole)\" do not match")
        }
        return parts + [list[start...]]
    }

    private static func isParenthesized(_ text: Substring) -> Bool { text.first == "(" && text.last == ")" }

    private static func batch(_ text: Substring, of whole: String) throws(VireoError) -> Target {
        guard text.last == ")", let open = text.lastIndex(of: "("), open != text.startIndex,
            let size = Int(text[text.index(after: open)...].dropLast()), size >= 2, size <= 1 << 16
        else {
            throw VireoError(
                .invalidArgument, "\"\(whole)\" does not say how large the batch is",
                remedy: "write as in BATCH:CPU(4), with at least 2")
        }
        let member = text[..<open]
        return .batch(
            try Target(isParenthesized(member) ? String(member.dropFirst().dropLast()) : String(member)), size: size)
    }
}

extension Target: CustomStringConvertible {
    public var description: String {
        func list(_ members: [Target]) -> String {
            members.map(\.nested).joined(separator: ",")
        }
        return switch self {
        case .device(let name): name
        case .hetero(let members): "HETERO:" + list(members)
        case .multi(let members): "MULTI:" + list(members)
        case .auto(let members): members.isEmpty ? "AUTO" : "AUTO:" + list(members)
        case .batch(let member, let size): "BATCH:\(member.nested)(\(size))"
        }
    }

    private var nested: String {
        if case .device(let name) = self { return name }
        return "(\(description))"
    }
}
