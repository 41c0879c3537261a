import VireoTensor

/// The matrix product of the last two axes, the others broadcast. An operand of rank 1 is a row (left) or column
/// (right).
public struct MatMul: Operation {
    public let transposeA: Bool
    public let transposeB: Bool

    public init(transposeA: Bool = false, transposeB: Bool = false) {
        self.transposeA = transposeA
        self.transposeB = transposeB
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(
            transposeA: try attributes.boolean("transpose_a", default: false),
            transposeB: try attributes.boolean("transpose_b", default: false))
    }

    public var type: String { "MatMul" }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        [Attribute("transpose_a", .boolean(transposeA)), Attribute("transpose_b", .boolean(transposeB))]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        let elementType = try inputs.requireSameElementType(0, 1)
        guard var left = try inputs.dimensions(0, rank: 1...16), var right = try inputs.dimensions(1, rank: 1...16)
        else {
            return [ValueType(elementType, .unranked)]
        }
        let leftIsVector = left.count == 1
        let rightIsVector = right.count == 1
        if leftIsVector {
            left.insert(1, at: 0)
        } else if transposeA {
            left.swapAt(left.count - 1, left.count - 2)
        }
        if rightIsVector {
            right.append(1)
        } else if transposeB {
            right.swapAt(right.count - 1, right.count - 2)
        }
        let inner = left[left.count - 1]
        guard inner.isCompatible(with: right[right.count - 2]) else {
            throw VireoError(.invalidArgument, "rows of \(inner) elements meet columns of \(right[right.count - 2])")
        }
        let batch = try PartialShape.ranked(Array(left.dropLast(2)))
            .broadcast(with: .ranked(Array(right.dropLast(2)))).dimensions!
        let matrix = (leftIsVector ? [] : [left[left.count - 2]]) + (rightIsVector ? [] : [right[right.count - 1]])
        return [ValueType(elementType, .ranked(batch + matrix))]
    }
}
