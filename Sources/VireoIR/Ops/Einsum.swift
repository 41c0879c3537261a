import VireoTensor

/// Sums of products over labelled axes: "ij,jk->ik" is a matrix product. Labels that the output lacks are summed over,
/// "..." stands for axes that broadcast. Einstein, 1916; the notation is NumPy's.
public struct Einsum: Operation {
    public let equation: String

    /// - Throws: `malformedFile` for an equation that does not parse.
    public init(_ equation: String) throws(VireoError) {
        self.equation = equation
        _ = try EinsumEquation(equation)
    }

    init(_ attributes: AttributeReader, version: Int) throws { try self.init(attributes.string("equation")) }

    public var type: String { "Einsum" }
    public var version: Int { 7 }
    public var attributes: [Attribute] { [Attribute("equation", .string(equation))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        let parsed = try EinsumEquation(equation)
        try inputs.require(parsed.operands.count)
        for index in 1..<max(inputs.count, 1) { _ = try inputs.requireSameElementType(0, index) }
        let dimensions = inputs.types.compactMap(\.shape.dimensions)
        guard dimensions.count == inputs.count else { return [ValueType(inputs[0].elementType, .unranked)] }
        let plan = try parsed.labels(ranks: dimensions.map(\.count))
        var extents: [EinsumEquation.Label: Dimension] = [:]
        for (labels, dimensions) in zip(plan.operands, dimensions) {
            for (label, dimension) in zip(labels, dimensions) {
                guard let known = extents[label] else {
                    extents[label] = dimension
                    continue
                }
                let merged = try PartialShape.ranked([known]).broadcast(with: .ranked([dimension])).dimensions
                guard label.broadcasts || known.isCompatible(with: dimension), let merged else {
                    throw VireoError(.invalidArgument, "\(known) and \(dimension) for one label of \"\(equation)\"")
                }
                extents[label] = merged[0]
            }
        }
        return [ValueType(inputs[0].elementType, .ranked(plan.output.map { extents[$0] ?? 1 }))]
    }
}

/// The labels of an equation.
public struct EinsumEquation: Sendable {
    /// A letter, or an axis of the ellipsis counted from its back.
    public enum Label: Hashable, Sendable {
        case letter(Character)
        case ellipsis(Int)

        /// Whether an extent of 1 stands for any.
        public var broadcasts: Bool {
            if case .ellipsis = self { true } else { false }
        }
    }

    private enum Term: Equatable {
        case letter(Character)
        case ellipsis
    }

    fileprivate struct Operand: Sendable {
        let text: String
    }

    fileprivate let operands: [Operand]
    private let output: String?

    /// - Throws: `malformedFile` for an equation that does not parse.
    public init(_ equation: String) throws(VireoError) {
        let text = equation.filter { !$0.isWhitespace }
        let arrow = Array(text).firstIndex(of: ">")
        let left = arrow.map { String(text.prefix($0)) } ?? text
        guard arrow == nil || left.hasSuffix("-") else {
            throw VireoError(.malformedFile, "the equation \"\(equation)\"")
        }
        output = arrow.map { String(text.dropFirst($0 + 1)) }
        operands = (arrow == nil ? left : String(left.dropLast())).split(
            separator: ",", omittingEmptySubsequences: false
        ).map { Operand(text: String($0)) }
        for part in operands.map(\.text) + [output].compactMap(\.self) { _ = try EinsumEquation.terms(part) }
    }

    private static func terms(_ text: String) throws(VireoError) -> [Term] {
        var terms: [Term] = []
        var rest = Substring(text)
        while let character = rest.first {
            if rest.hasPrefix("...") {
                guard !terms.contains(.ellipsis) else {
                    throw VireoError(.malformedFile, "two ellipses in \"\(text)\"")
                }
                terms.append(.ellipsis)
                rest = rest.dropFirst(3)
            } else if character.isASCII, character.isLetter {
                terms.append(.letter(character))
                rest = rest.dropFirst()
            } else {
                throw VireoError(.malformedFile, "\"\(character)\" in the equation part \"\(text)\"")
            }
        }
        return terms
    }

    /// The label of every axis of operands of these ranks, and of the output.
    public func labels(ranks: [Int]) throws(VireoError) -> (operands: [[Label]], output: [Label]) {
        var widest = 0
        var lists: [[Label]] = []
        var counts: [Character: Int] = [:]
        for (operand, rank) in zip(operands, ranks) {
            let terms = try EinsumEquation.terms(operand.text)
            let letters = terms.filter { $0 != .ellipsis }.count
            let covered = rank - letters
            guard terms.contains(.ellipsis) ? covered >= 0 : covered == 0 else {
                throw VireoError(.invalidArgument, "an operand of rank \(rank) for \"\(operand.text)\"")
            }
            widest = max(widest, covered)
            var labels: [Label] = []
            for term in terms {
                switch term {
                case .ellipsis: labels += (0..<covered).reversed().map { Label.ellipsis($0) }
                case .letter(let letter):
                    labels.append(.letter(letter))
                    counts[letter, default: 0] += 1
                }
            }
            lists.append(labels)
        }
        let broadcast = (0..<widest).reversed().map { Label.ellipsis($0) }
        guard let output else {
            // What appears once, in the order of the alphabet, behind the ellipsis.
            let once = counts.filter { $0.value == 1 }.keys.sorted()
            return (lists, broadcast + once.map { Label.letter($0) })
        }
        var result: [Label] = []
        for term in try EinsumEquation.terms(output) {
            switch term {
            case .ellipsis: result += broadcast
            case .letter(let letter):
                guard counts[letter] != nil, !result.contains(.letter(letter)) else {
                    throw VireoError(.malformedFile, "\"\(letter)\" in the output \"\(output)\"")
                }
                result.append(.letter(letter))
            }
        }
        return (lists, result)
    }
}
