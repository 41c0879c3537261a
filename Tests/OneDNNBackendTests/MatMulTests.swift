import Testing
import VireoPluginKit

struct MatMulCase: Sendable, CustomTestStringConvertible {
    let left: [Int]
    let right: [Int]
    var transposes = [false, false]
    var rightIsConstant = true

    var testDescription: String { "\(left) x \(right), transposed \(transposes), constant \(rightIsConstant)" }

    static let all: [MatMulCase] = [
        ([3, 8], [8, 5]), ([1, 64], [64, 1001]), ([2, 3, 8], [8, 5]), ([2, 3, 8], [2, 8, 5]),
        ([4, 1, 3, 8], [2, 8, 5]),
        ([8], [8, 5]), ([2, 3, 8], [8]), ([8], [8]),
    ].flatMap { left, right in
        [[false, false], [true, false], [false, true], [true, true]].flatMap { transposes in
            [true, false].map {
                MatMulCase(left: left, right: right, transposes: transposes, rightIsConstant: $0)
            }
        }
    }
}

@Suite("Matrix products")
struct MatMulTests {
    @Test("agree with the definition", arguments: MatMulCase.all)
    func agree(_ one: MatMulCase) throws {
        let builder = GraphBuilder()
        func swapped(_ shape: [Int], _ swaps: Bool) -> [Int] {
            swaps && shape.count > 1
                ? Array(shape.dropLast(2)) + [shape[shape.count - 1], shape[shape.count - 2]] : shape
        }
        let shapes = [swapped(one.left, one.transposes[0]), swapped(one.right, one.transposes[1])]
        let left = builder.input(shapes[0])
        let right = one.rightIsConstant ? builder.constant(shapes[1]) : builder.input(shapes[1])
        func matrix(_ value: Int, _ side: Int) -> Naive.DoubleTensor {
            let tensor = Naive.DoubleTensor(shapes[side], builder.elements(of: value))
            if tensor.shape.count == 1 {
                return .init(side == 0 ? [1, tensor.shape[0]] : [tensor.shape[0], 1], tensor.elements)
            }
            let rank = tensor.shape.count
            let order = Array(0..<rank - 2) + (one.transposes[side] ? [rank - 1, rank - 2] : [rank - 2, rank - 1])
            return Naive.transpose(tensor, order)
        }
        let product = Naive.matmul(matrix(left, 0), matrix(right, 1))
        var shape = product.shape
        if one.right.count == 1 { shape.removeLast() }
        if one.left.count == 1 { shape.remove(at: shape.count - (one.right.count == 1 ? 1 : 2)) }
        let value = builder.node(
            "MatMul", [left, right], to: shape,
            [
                "transpose_a": .integers([one.transposes[0] ? 1 : 0]),
                "transpose_b": .integers([one.transposes[1] ? 1 : 0]),
            ])
        _ = try verify(builder, [(value, .init(shape, product.elements))])
    }

    @Test("take a bias, a residual sum and an activation into the inner product")
    func fused() throws {
        let builder = GraphBuilder()
        let source = builder.input4([4, 24])
        let residual = builder.input4([4, 10])
        let weights = builder.constant([24, 10])
        let bias = builder.constant([10])
        let product = Naive.matmul(source.1, .init([24, 10], builder.elements(of: weights)))
        let biased = Naive.binary(product, .init([10], builder.elements(of: bias)), +)
        let value = builder.node(
            "MatMul", [source.0, weights], to: [4, 10],
            ["transpose_a": .integers([0]), "transpose_b": .integers([0])])
        let sum = builder.add((builder.node("Add", [value, bias], to: [4, 10]), biased), residual)
        let run = try verify(builder, [builder.relu(sum.0, sum.1)])
        #expect(run.executed.filter { $0.opType != "Reorder" }.map(\.opType) == ["MatMul"])
    }

    @Test("follow a flattened image")
    func flattened() throws {
        let builder = GraphBuilder()
        let source = builder.input4([2, 16, 3, 4])
        let sum = builder.convolution(source.0, source.1, outputs: 20, .init())
        let flat = builder.node("Reshape", [sum.0, builder.integers([2, 240])], to: [2, 240])
        let weights = builder.constant([7, 240])
        let expected = Naive.matmul(
            .init([2, 240], sum.1.elements),
            Naive.transpose(.init([7, 240], builder.elements(of: weights)), [1, 0]))
        let value = builder.node(
            "MatMul", [flat, weights], to: [2, 7], ["transpose_a": .integers([0]), "transpose_b": .integers([1])])
        _ = try verify(builder, [(value, expected)])
    }
}
