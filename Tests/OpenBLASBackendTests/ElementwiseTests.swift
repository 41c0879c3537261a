import Glibc
import Testing
import VireoPluginKit

@Suite struct ElementwiseTests {
    static let shapes: [([Int], [Int], [Int])] = [
        ([2, 3, 4, 5], [2, 3, 4, 5], [2, 3, 4, 5]),
        ([2, 3, 4, 5], [1], [2, 3, 4, 5]),
        ([2, 3, 4, 5], [], [2, 3, 4, 5]),
        ([], [3], [3]),
        ([2, 3, 4, 5], [1, 3, 1, 1], [2, 3, 4, 5]),
        ([1, 3, 1, 1], [2, 3, 4, 5], [2, 3, 4, 5]),
        ([2, 3, 4, 5], [5], [2, 3, 4, 5]),
        ([2, 1, 4, 1], [3, 1, 5], [2, 3, 4, 5]),
        ([4, 1], [1, 6], [4, 6]),
        ([1, 64, 40, 40], [1, 64, 40, 40], [1, 64, 40, 40]),
        ([1, 64, 40, 40], [64, 1, 1], [1, 64, 40, 40]),
    ]

    @Test(
        "two tensors are combined with numpy's broadcasting",
        arguments: ["Add", "Subtract", "Multiply", "Divide", "Maximum", "Minimum"], shapes)
    func binary(_ opType: String, _ shapes: ([Int], [Int], [Int])) throws {
        let left = noise(shapes.0, seed: 1)
        let right = noise(shapes.1, seed: 2).map { $0 < 0 ? $0 - 0.25 : $0 + 0.25 }
        let builder = GraphBuilder()
        let (a, b) = (builder.input(left, shapes.0), builder.input(right, shapes.1))
        let output = builder.node(opType, [a, b], to: shapes.2)
        let expected = positions(shapes.2).map { position -> Double in
            let (x, y) = (broadcast(left, shapes.0, at: position), broadcast(right, shapes.1, at: position))
            switch opType {
            case "Add": return x + y
            case "Subtract": return x - y
            case "Multiply": return x * y
            case "Divide": return x / y
            case "Maximum": return max(x, y)
            default: return min(x, y)
            }
        }
        expectEqual(try builder.run(outputs: [output]).numbers[0], expected)
    }

    @Test("the slopes of PReLU run along axis 1")
    func prelu() throws {
        let (numbers, slopes) = (noise([2, 3, 4, 5], seed: 1), noise(3, seed: 2))
        let builder = GraphBuilder()
        let output = builder.node(
            "PReLU", [builder.input(numbers, [2, 3, 4, 5]), builder.constant(slopes, [3])], to: [2, 3, 4, 5])
        let expected = numbers.enumerated().map { index, x in
            Double(x) * (x < 0 ? Double(slopes[index / 20 % 3]) : 1)
        }
        expectEqual(try builder.run(outputs: [output]).numbers[0], expected)
    }

    struct UnaryCase: CustomTestStringConvertible, Sendable {
        let opType: String
        let attributes: [String: NodeView.Attribute]
        let function: @Sendable (Double) -> Double

        init(
            _ opType: String, _ attributes: [String: NodeView.Attribute] = [:],
            _ function: @escaping @Sendable (Double) -> Double
        ) {
            self.opType = opType
            self.attributes = attributes
            self.function = function
        }

        var testDescription: String { opType }
    }

    static let functions: [UnaryCase] = [
        UnaryCase("ReLU") { max(0, $0) },
        UnaryCase("Clamp", ["min": .numbers([-2]), "max": .numbers([5])]) { min(5, max(-2, $0)) },
        UnaryCase("Sigmoid") { 1 / (1 + exp(-$0)) },
        UnaryCase("Tanh") { tanh($0) },
        UnaryCase("Exp") { exp($0) },
        UnaryCase("Elu", ["alpha": .numbers([0.5])]) { $0 < 0 ? 0.5 * (exp($0) - 1) : $0 },
        UnaryCase("HSwish") { $0 * min(6, max(0, $0 + 3)) / 6 },
        UnaryCase("Swish") { $0 / (1 + exp(-$0)) },
    ]

    /// exp amplifies the rounding of its argument's reduction; sigmoid and swish divide by it.
    @Test("functions of one number are accurate over their range", arguments: functions)
    func unary(_ problem: UnaryCase) throws {
        let numbers = (-2000...2000).map { Float($0) * 0.02 } + noise(40_000, seed: 1)
        let builder = GraphBuilder()
        let output = builder.node(
            problem.opType, [builder.input(numbers, [numbers.count])], to: [numbers.count], problem.attributes)
        expectEqual(
            try builder.run(outputs: [output]).numbers[0], numbers.map { problem.function(Double($0)) },
            tolerance: 3e-7)
    }

    @Test("exp and its kin reach their limits")
    func limits() throws {
        let numbers: [Float] = [-.infinity, -200, -104, 88.5, 89, 200, .infinity]
        func run(_ opType: String) throws -> [Float] {
            let builder = GraphBuilder()
            let output = builder.node(opType, [builder.input(numbers, [7])], to: [7])
            return try builder.run(outputs: [output]).numbers[0]
        }
        let powers = try run("Exp")
        #expect(powers[0] == 0 && powers[1] == 0 && powers[4] == .infinity && powers[6] == .infinity)
        #expect((Double(powers[3]) / exp(88.5) - 1).magnitude < 3e-7)
        #expect(try run("Sigmoid") == [0, 0, 0, 1, 1, 1, 1])
        #expect(try run("Tanh") == [-1, -1, -1, 1, 1, 1, 1])
    }

    @Test("numbers are quantized to levels between constant ranges, with one range or one a channel")
    func fakeQuantize() throws {
        let numbers = noise([2, 3, 5, 5], seed: 1).map { $0 * 4 }
        for channels in [1, 3] {
            let low = (0..<channels).map { -1 - Float($0) }
            let high = (0..<channels).map { 2 + Float($0) }
            let builder = GraphBuilder()
            let data = builder.input(numbers, [2, 3, 5, 5])
            let ranges = [low, high, low.map { $0 * 0.5 }, high].map { builder.constant($0, [1, channels, 1, 1]) }
            let output = builder.node(
                "FakeQuantize", [data] + ranges, to: [2, 3, 5, 5], ["levels": .integers([16])])
            let expected = numbers.enumerated().map { index, x -> Double in
                let channel = index / 25 % 3 % channels
                let (low, high) = (Double(low[channel]), Double(high[channel]))
                if Double(x) <= low { return low * 0.5 }
                if Double(x) > high { return high }
                let level = ((Double(x) - low) / (high - low) * 15).rounded(.toNearestOrEven)
                return level / 15 * (high - low * 0.5) + low * 0.5
            }
            expectEqual(try builder.run(outputs: [output]).numbers[0], expected)
        }
    }
}
