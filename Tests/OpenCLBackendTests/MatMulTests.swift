import OpenCLBackend
import Testing
import VireoPluginKit

/// One matrix product: batch dimensions and extents before transposition.
struct MatMulCase: CustomTestStringConvertible, Sendable {
    var leftBatch: [Int] = []
    var rightBatch: [Int] = []
    var rows = 3
    var depth = 7
    var columns = 19
    var transposesLeft = false
    var transposesRight = false
    var isConstant = true

    var testDescription: String {
        "\(leftBatch)[\(rows),\(depth)]\(transposesLeft ? "^T" : "") by \(rightBatch)[\(depth),\(columns)]"
            + "\(transposesRight ? "^T" : ""), \(isConstant ? "constant" : "computed")"
    }

    var leftDims: [Int] { leftBatch + (transposesLeft ? [depth, rows] : [rows, depth]) }
    var rightDims: [Int] { rightBatch + (transposesRight ? [columns, depth] : [depth, columns]) }
    var batch: [Int] { leftBatch.reduce(1, *) > 1 || rightBatch.isEmpty ? leftBatch : rightBatch }
    var outputDims: [Int] { batch + [rows, columns] }
    var attributes: [String: NodeView.Attribute] {
        ["transpose_a": .integers([transposesLeft ? 1 : 0]), "transpose_b": .integers([transposesRight ? 1 : 0])]
    }

    func naive(_ left: [Float], _ right: [Float]) -> [Double] {
        var result: [Double] = []
        for matrix in 0..<batch.reduce(1, *) {
            let l = leftBatch.reduce(1, *) > 1 ? matrix * rows * depth : 0
            let r = rightBatch.reduce(1, *) > 1 ? matrix * depth * columns : 0
            for row in 0..<rows {
                for column in 0..<columns {
                    result.append(
                        (0..<depth).reduce(0.0) { sum, k in
                            let a = left[l + (transposesLeft ? k * rows + row : row * depth + k)]
                            let b = right[r + (transposesRight ? column * depth + k : k * columns + column)]
                            return sum + Double(a) * Double(b)
                        })
                }
            }
        }
        return result
    }
}

@Suite(needsDevice)
struct MatMulTests {
    static let cases: [MatMulCase] = {
        var cases: [MatMulCase] = []
        for transposesLeft in [false, true] {
            for transposesRight in [false, true] {
                for isConstant in [false, true] {
                    let form = MatMulCase(
                        transposesLeft: transposesLeft, transposesRight: transposesRight, isConstant: isConstant)
                    for rows in [1, 3, 8, 13] {
                        var problem = form
                        problem.rows = rows
                        cases.append(problem)
                    }
                    for batches in [([2, 3], [2, 3]), ([4], []), ([], [4]), ([1, 2], [1, 1])] {
                        var problem = form
                        (problem.leftBatch, problem.rightBatch) = batches
                        cases.append(problem)
                    }
                }
            }
        }
        cases.append(MatMulCase(rows: 1, depth: 300, columns: 100))
        cases.append(MatMulCase(rows: 16, depth: 64, columns: 64))
        cases.append(MatMulCase(rows: 2, depth: 1, columns: 1))
        return cases
    }()

    @Test("A matrix product is the sum that its definition says", arguments: cases)
    func product(_ problem: MatMulCase) throws {
        var numbers = Numbers()
        let left = numbers.list(problem.leftDims)
        let right = numbers.list(problem.rightDims)
        let graph = TestGraph()
        let a = graph.input(problem.leftDims)
        let b = problem.isConstant ? graph.constant(problem.rightDims, right) : graph.input(problem.rightDims)
        graph.output(graph.node("MatMul", [a, b], problem.outputDims, problem.attributes))
        let found = try graph.run(problem.isConstant ? [left] : [left, right])
        expectClose(found[0], problem.naive(left, right), problem.testDescription)
    }

    @Test("Bias and activation that follow a product are applied", arguments: [1, 9])
    func epilogue(rows: Int) throws {
        let problem = MatMulCase(rows: rows)
        var numbers = Numbers(seed: 2)
        let left = numbers.list(problem.leftDims)
        let right = numbers.list(problem.rightDims)
        let bias = numbers.list([problem.columns])
        let graph = TestGraph()
        let b = graph.constant(problem.rightDims, right)
        let product = graph.node("MatMul", [graph.input(problem.leftDims), b], problem.outputDims, problem.attributes)
        let biased = graph.node("Add", [product, graph.constant([problem.columns], bias)], problem.outputDims)
        graph.output(graph.node("ReLU", [biased], problem.outputDims))
        let expected = problem.naive(left, right).enumerated().map {
            max($1 + Double(bias[$0 % problem.columns]), 0)
        }
        expectClose(try graph.run([left])[0], expected)
    }
}
