import OpenBLASBackend
import Testing
import VireoPluginKit

@Suite struct WinogradTests {
    /// Filters of 3 x 3 over enough tiles to be computed by Winograd's algorithm.
    static let problems = [
        ConvolutionCase(32, 24, [13, 17], [3, 3], begin: [1, 1]),
        ConvolutionCase(32, 32, [12, 12], [3, 3]),
        ConvolutionCase(24, 40, [17, 33], [3, 3], batch: 2, begin: [1, 0], end: [0, 1]),
        ConvolutionCase(20, 20, [40, 23], [3, 3], begin: [2, 1]),
    ]

    /// Rounding errors are about ten times those of the direct sum, of which the tolerance is 1e-6.
    private static let tolerance = 1e-5

    @Test("Winograd's algorithm gives the direct sums", arguments: problems, [1, 3])
    func equalsDirectSums(_ problem: ConvolutionCase, threads: Int) throws {
        let builder = GraphBuilder()
        let numbers = noise(problem.inputDimensions, seed: 1)
        let weights = noise(problem.inputs * problem.outputs * 9, seed: 2)
        let output = problem.add(to: builder, builder.input(numbers, problem.inputDimensions), weights)
        let result = try builder.run(outputs: [output], threads: threads, profile: true)
        #expect(result.rows.map(\.execType) == ["sgemm_winograd"])
        expectEqual(result.numbers[0], problem.expected(numbers, weights), tolerance: WinogradTests.tolerance)
    }

    @Test("bias, residual and activation are computed with it")
    func epilogue() throws {
        let problem = WinogradTests.problems[0]
        let builder = GraphBuilder()
        let (numbers, weights) = (noise(problem.inputDimensions, seed: 3), noise(32 * 24 * 9, seed: 4))
        let (bias, residual) = (noise(24, seed: 5), noise(problem.outputDimensions, seed: 6))
        let sums = problem.add(to: builder, builder.input(numbers, problem.inputDimensions), weights)
        let biased = builder.node("Add", [sums, builder.constant(bias, [24, 1, 1])], to: problem.outputDimensions)
        let other = builder.input(residual, problem.outputDimensions)
        let added = builder.node("Add", [biased, other], to: problem.outputDimensions)
        let output = builder.node("ReLU", [added], to: problem.outputDimensions)
        let result = try builder.run(outputs: [output], profile: true)
        #expect(result.rows.map(\.execType) == ["sgemm_winograd", "fused", "fused", "fused"])
        let plane = problem.outputSize.reduce(1, *)
        let expected = problem.expected(numbers, weights).enumerated().map { index, sum in
            Exact(
                value: max(0, sum.value + Double(bias[index / plane]) + Double(residual[index])),
                magnitude: sum.magnitude + 2)
        }
        expectEqual(result.numbers[0], expected, tolerance: WinogradTests.tolerance)
    }

    @Test("many channels are computed in panels of tiles, and give what ACCURACY gives")
    func panels() throws {
        let problem = ConvolutionCase(8, 300, [67, 66], [3, 3], begin: [1, 1])
        let numbers = noise(problem.inputDimensions, seed: 7)
        let weights = noise(8 * 300 * 9, seed: 8)
        let results = try ["PERFORMANCE", "ACCURACY"].map { mode in
            let builder = GraphBuilder()
            let output = problem.add(to: builder, builder.input(numbers, problem.inputDimensions), weights)
            return try builder.run(outputs: [output], profile: true, mode: mode)
        }
        #expect(results.map { $0.rows[0].execType } == ["sgemm_winograd", "sgemm_im2col"])
        // Sums of 72 products of numbers up to 1.
        let worst = zip(results[0].numbers[0], results[1].numbers[0]).map { ($0 - $1).magnitude }.max() ?? .infinity
        #expect(worst < 1e-4)
    }

    @Test(
        "a window as large as the image is a product with a vector",
        arguments: [ConvolutionCase(6, 70, [5, 4], [5, 4]), ConvolutionCase(40, 7, [1, 1], [1, 1], batch: 3)])
    func oneOutputPosition(_ problem: ConvolutionCase) throws {
        let builder = GraphBuilder()
        let numbers = noise(problem.inputDimensions, seed: 9)
        let weights = noise(problem.inputs * problem.outputs * problem.kernel.reduce(1, *), seed: 10)
        let output = problem.add(to: builder, builder.input(numbers, problem.inputDimensions), weights)
        let result = try builder.run(outputs: [output], profile: true)
        #expect(result.rows[0].execType.hasPrefix("sgemv"))
        expectEqual(result.numbers[0], problem.expected(numbers, weights))
    }
}
