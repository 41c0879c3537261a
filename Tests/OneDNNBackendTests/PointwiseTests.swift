import Testing
import VireoPluginKit

/// Sums of some hundred products.
private let tolerance = 3e-6

@Suite("Pointwise convolutions", .enabled(if: HostProcessor.has("avx512f")))
struct PointwiseTests {
    /// Strips with and without a rest, fewer pixels than a tile and than threads, channels with and without a rest after
    /// panels and vectors, several images.
    @Test(
        "agree with the definition",
        arguments: [
            ([1, 16, 9, 11], 16), ([2, 24, 13, 14], 40), ([1, 37, 17, 5], 70), ([3, 100, 7, 7], 33),
            ([1, 64, 24, 23], 56), ([1, 320, 3, 2], 257), ([5, 48, 2, 3], 24), ([1, 192, 28, 28], 17),
        ], ["1", "2", "3"])
    func agree(_ problem: (image: [Int], outputs: Int), _ threads: String) throws {
        let builder = GraphBuilder()
        let source = builder.input4(problem.image)
        var value = builder.convolution(source.0, source.1, outputs: problem.outputs, .init())
        value = builder.bias(value.0, value.1)
        value = builder.relu(value.0, value.1)
        let run = try Run(
            builder.graph([value.0]), properties: ["PERF_COUNT": "YES", "INFERENCE_NUM_THREADS": threads])
        for _ in 0..<2 { expectClose(try run(builder.feeds)[0], value.1, tolerance: tolerance) }
        #expect(run.executed.contains { $0.execType == "conv_1x1:avx512_f32" }, "\(run.executed.map(\.execType))")
        withExtendedLifetime(builder) {}
    }

    @Test("write side by side where their results are joined", arguments: [1, 2])
    func joined(threads: Int) throws {
        let builder = GraphBuilder()
        let source = builder.input4([2, 32, 13, 9])
        let branches = [24, 40, 16].map { width in
            builder.relu(builder.convolution(source.0, source.1, outputs: width, .init()))
        }
        let joined = Naive.concat(branches.map(\.1), axis: 1)
        let value = builder.node("Concat", branches.map(\.0), to: joined.shape, ["axis": .integers([1])])
        let after = builder.convolution(value, joined, outputs: 20, .init())
        let run = try Run(
            builder.graph([after.0]), properties: ["PERF_COUNT": "YES", "INFERENCE_NUM_THREADS": "\(threads)"])
        for _ in 0..<2 { expectClose(try run(builder.feeds)[0], after.1, tolerance: 2 * tolerance) }
        #expect(!run.executed.contains { $0.opType == "Concat" }, "\(run.executed.map(\.execType))")
        withExtendedLifetime(builder) {}
    }

    @Test("add a residual in its own memory, or beside it where somebody else reads it", arguments: [false, true])
    func residual(isShared: Bool) throws {
        for threads in ["1", "2"] {
            let builder = GraphBuilder()
            let source = builder.input4([2, 32, 11, 12])
            let stem = builder.relu(builder.convolution(source.0, source.1, outputs: 48, .init()))
            let branch = builder.relu(builder.convolution(stem.0, stem.1, outputs: 32, .init()))
            let sum = builder.add(builder.convolution(branch.0, branch.1, outputs: 48, .init()), stem)
            let result = builder.relu(sum)
            let late = builder.convolution(stem.0, stem.1, outputs: 16, .init())
            let results = isShared ? [result, late, stem] : [result]
            let run = try Run(
                builder.graph(results.map(\.0)), properties: ["PERF_COUNT": "YES", "INFERENCE_NUM_THREADS": threads])
            for _ in 0..<2 {
                for (actual, expected) in zip(try run(builder.feeds), results) {
                    expectClose(actual, expected.1, tolerance: 2 * tolerance)
                }
            }
            #expect(!run.executed.contains { $0.opType == "Add" || $0.opType == "ReLU" })
            withExtendedLifetime(builder) {}
        }
    }
}

extension GraphBuilder {
    fileprivate func relu(_ value: (Int, Naive.DoubleTensor)) -> (Int, Naive.DoubleTensor) { relu(value.0, value.1) }
}
