import Testing

struct MatMulCase: CustomTestStringConvertible, Sendable {
    let a: [Int]
    let b: [Int]
    var transposesA = false
    var transposesB = false

    init(_ a: [Int], _ b: [Int], transposesA: Bool = false, transposesB: Bool = false) {
        self.a = a
        self.b = b
        self.transposesA = transposesA
        self.transposesB = transposesB
    }

    var testDescription: String { "\(a)\(transposesA ? "ᵀ" : "") \(b)\(transposesB ? "ᵀ" : "")" }

    func expected(_ left: [Float], _ right: [Float]) -> (dimensions: [Int], numbers: [Exact]) {
        var (a, b) = (a.count == 1 ? [1] + a : a, b.count == 1 ? b + [1] : b)
        let (heightA, widthA) = (a.removeLast(2))
        let (heightB, widthB) = (b.removeLast(2))
        let (rows, depth) = transposesA && self.a.count > 1 ? (widthA, heightA) : (heightA, widthA)
        let columns = transposesB && self.b.count > 1 ? heightB : widthB
        let rank = max(a.count, b.count)
        let outer = (0..<rank).map { axis in
            max(
                axis < rank - a.count ? 1 : a[axis - (rank - a.count)],
                axis < rank - b.count ? 1 : b[axis - (rank - b.count)])
        }
        let numbers = positions(outer + [rows, columns]).map { position in
            var sum = Exact()
            let batch = Array(position.dropLast(2))
            let (row, column) = (position[rank], position[rank + 1])
            for k in 0..<depth {
                let placeA = transposesA && self.a.count > 1 ? [k, row] : [row, k]
                let placeB = transposesB && self.b.count > 1 ? [column, k] : [k, column]
                sum.add(
                    broadcast(left, a + [heightA, widthA], at: batch + placeA)
                        * broadcast(right, b + [heightB, widthB], at: batch + placeB))
            }
            return sum
        }
        let dimensions = outer + (self.a.count == 1 ? [] : [rows]) + (self.b.count == 1 ? [] : [columns])
        return (dimensions, numbers)
    }
}

extension Array where Element == Int {
    fileprivate mutating func removeLast(_ count: Int) -> (Int, Int) {
        let last = (self[self.count - 2], self[self.count - 1])
        self = Array(dropLast(2))
        return last
    }
}

@Suite struct MatMulTests {
    static let cases: [MatMulCase] = [
        MatMulCase([3, 4], [4, 5]),
        MatMulCase([4, 3], [4, 5], transposesA: true),
        MatMulCase([3, 4], [5, 4], transposesB: true),
        MatMulCase([4, 3], [5, 4], transposesA: true, transposesB: true),
        MatMulCase([1, 300], [300, 41]),
        MatMulCase([1, 300], [41, 300], transposesB: true),
        MatMulCase([300, 1], [300, 41], transposesA: true),
        MatMulCase([2000, 1], [1, 1000]),
        MatMulCase([1, 1024], [700, 1024], transposesB: true),
        MatMulCase([1, 1024], [1024, 700]),
        MatMulCase([150, 64], [64, 170]),
        MatMulCase([64, 150], [170, 64], transposesA: true, transposesB: true),
        MatMulCase([2, 3, 7, 4], [2, 3, 4, 5]),
        MatMulCase([2, 3, 7, 4], [3, 4, 5]),
        MatMulCase([2, 3, 7, 4], [4, 5]),
        MatMulCase([2, 3, 4, 7], [4, 5], transposesA: true),
        MatMulCase([2, 1, 7, 4], [3, 4, 5]),
        MatMulCase([7, 4], [2, 3, 4, 5]),
        MatMulCase([6, 1, 80], [6, 80, 90]),
        MatMulCase([4], [4, 5]),
        MatMulCase([4], [2, 4, 5]),
        MatMulCase([3, 4], [4]),
        MatMulCase([2, 3, 4], [4]),
        MatMulCase([4], [4]),
        MatMulCase([12, 64, 32], [12, 64, 32], transposesB: true),
    ]

    @Test("a matrix product sums rows times columns", arguments: cases)
    func product(_ problem: MatMulCase) throws {
        let (left, right) = (noise(problem.a, seed: 1), noise(problem.b, seed: 2))
        let expected = problem.expected(left, right)
        for threads in [1, 2] {
            let builder = GraphBuilder()
            let (a, b) = (builder.input(left, problem.a), builder.constant(right, problem.b))
            let output = builder.node(
                "MatMul", [a, b], to: expected.dimensions,
                [
                    "transpose_a": .integers([problem.transposesA ? 1 : 0]),
                    "transpose_b": .integers([problem.transposesB ? 1 : 0]),
                ])
            expectEqual(try builder.run(outputs: [output], threads: threads).numbers[0], expected.numbers)
        }
    }

    @Test("a bias along the columns and a clamp are applied on the way out", arguments: [1, 9, 200])
    func fused(rows: Int) throws {
        let problem = MatMulCase([rows, 40], [130, 40], transposesB: true)
        let (left, right, bias) = (noise(problem.a, seed: 1), noise(problem.b, seed: 2), noise(130, seed: 3))
        let builder = GraphBuilder()
        let product = builder.node(
            "MatMul", [builder.input(left, problem.a), builder.constant(right, problem.b)], to: [rows, 130],
            ["transpose_a": .integers([0]), "transpose_b": .integers([1])])
        let biased = builder.node("Add", [product, builder.constant(bias, [1, 130])], to: [rows, 130])
        let output = builder.node(
            "Clamp", [biased], to: [rows, 130], ["min": .numbers([-0.5]), "max": .numbers([1.5])])
        let result = try builder.run(outputs: [output], profile: true)
        #expect(result.rows.map(\.status) == [.executed, .optimizedOut, .optimizedOut])
        expectEqual(
            result.numbers[0],
            problem.expected(left, right).numbers.enumerated().map { index, sum in
                Exact(value: min(1.5, max(-0.5, sum.value + Double(bias[index % 130]))), magnitude: sum.magnitude + 1)
            })
    }
}
