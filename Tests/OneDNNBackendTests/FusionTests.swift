import Testing
import VireoPluginKit

private let threeByThree = Naive.Geometry(kernel: [3, 3], begin: [1, 1], end: [1, 1])
/// Sums of a few hundred products, twice in a row.
private let tolerance = 4e-6

@Suite("Fusion and layouts")
struct FusionTests {
    /// A bottleneck: two convolutions and the block's input, or a projection of it, added before the ReLU.
    private func block(
        _ builder: GraphBuilder, _ source: (Int, Naive.DoubleTensor), projects: Bool, reluFirst: Bool = false
    ) -> (Int, Naive.DoubleTensor) {
        let channels = source.1.shape[1]
        var branch = builder.convolution(source.0, source.1, outputs: channels, threeByThree)
        branch = builder.bias(branch.0, branch.1)
        branch = builder.relu(branch.0, branch.1)
        branch = builder.convolution(branch.0, branch.1, outputs: channels, .init())
        branch = builder.bias(branch.0, branch.1)
        if reluFirst { branch = builder.relu(branch.0, branch.1) }
        var shortcut = source
        if projects { shortcut = builder.convolution(source.0, source.1, outputs: channels, .init()) }
        let sum = builder.add(shortcut, branch)
        return reluFirst ? sum : builder.relu(sum.0, sum.1)
    }

    @Test("a residual sum and the ReLU after it run inside the convolution", arguments: [false, true], [16, 24])
    func residual(projects: Bool, channels: Int) throws {
        let builder = GraphBuilder()
        let source = builder.input4([1, channels, 7, 6])
        let stem = builder.convolution(source.0, source.1, outputs: channels, threeByThree)
        let first = block(builder, stem, projects: projects)
        let second = block(builder, first, projects: projects)
        let run = try verify(builder, [second], tolerance: tolerance)
        #expect(run.executed.allSatisfy { $0.opType == "Convolution" || $0.opType == "Reorder" })
    }

    @Test("a residual that somebody else reads is not overwritten")
    func sharedResidual() throws {
        let builder = GraphBuilder()
        let source = builder.input4([1, 16, 7, 6])
        let stem = builder.convolution(source.0, source.1, outputs: 16, threeByThree)
        let sum = block(builder, stem, projects: false)
        let late = builder.convolution(stem.0, stem.1, outputs: 8, .init())
        _ = try verify(builder, [sum, late, stem], tolerance: tolerance)
    }

    @Test("a graph input and a graph output as residuals are not overwritten")
    func residualOfGraph() throws {
        let builder = GraphBuilder()
        let source = builder.input4([1, 16, 7, 6])
        let first = builder.convolution(source.0, source.1, outputs: 16, .init())
        let second = builder.add(builder.convolution(first.0, first.1, outputs: 16, .init()), source)
        let third = builder.add(builder.convolution(second.0, second.1, outputs: 16, .init()), first)
        _ = try verify(builder, [first, second, third], tolerance: tolerance)
    }

    @Test("a convolution of the residual itself does not overwrite what it reads")
    func residualOfItself() throws {
        let builder = GraphBuilder()
        let source = builder.input4([1, 16, 7, 6])
        let stem = builder.convolution(source.0, source.1, outputs: 16, threeByThree)
        let sum = builder.add(stem, builder.convolution(stem.0, stem.1, outputs: 16, threeByThree))
        _ = try verify(builder, [builder.relu(sum.0, sum.1)], tolerance: tolerance)
    }

    @Test("an activation before the sum keeps its place")
    func activationBeforeSum() throws {
        let builder = GraphBuilder()
        let source = builder.input4([1, 16, 7, 6])
        let stem = builder.convolution(source.0, source.1, outputs: 16, threeByThree)
        _ = try verify(builder, [block(builder, stem, projects: false, reluFirst: true)], tolerance: tolerance)
    }

    @Test("a scale, shift and ReLU with one number a channel is one primitive", arguments: [5, 16, 48])
    func scaleShift(channels: Int) throws {
        let builder = GraphBuilder()
        let source = builder.input4([2, 8, 6, 5])
        let sum = builder.convolution(source.0, source.1, outputs: channels, threeByThree)
        let scaled = builder.bias(sum.0, sum.1, "Multiply")
        let shifted = builder.bias(scaled.0, scaled.1)
        let run = try verify(builder, [builder.relu(shifted.0, shifted.1), sum], tolerance: tolerance)
        #expect(run.executed.filter { $0.opType != "Reorder" }.map(\.opType) == ["Convolution", "Multiply"])
    }

    @Test("no layer in a chain of convolutions and pools needs a reorder")
    func noReorders() throws {
        let builder = GraphBuilder()
        let source = builder.input4([1, 16, 12, 12])
        let order = builder.integers([0, 3, 1, 2])
        let nhwc = builder.input([1, 12, 12, 16])
        let transposed = Naive.transpose(.init([1, 12, 12, 16], builder.elements(of: nhwc)), [0, 3, 1, 2])
        let nchw = builder.node("Transpose", [nhwc, order], to: [1, 16, 12, 12])
        var value = builder.add((nchw, transposed), source)
        for _ in 0..<3 {
            value = builder.convolution(value.0, value.1, outputs: 32, threeByThree)
            value = builder.relu(value.0, value.1)
        }
        let geometry = Naive.Geometry(kernel: [2, 2], strides: [2, 2])
        let pooled = Naive.pool(.max, value.1, geometry)
        let pool = builder.node(
            "MaxPool", [value.0], to: pooled.shape,
            geometry.attributes.merging(["kernel": .integers([2, 2])]) { $1 })
        let mean = Naive.reduce(pooled, [2, 3]) { $0.reduce(0, +) / Double($0.count) }
        let reduced = builder.node(
            "ReduceMean", [pool, builder.integers([2, 3])], to: [1, 32, 1, 1], ["keep_dims": .integers([1])])
        let flat = builder.node("Reshape", [reduced, builder.integers([1, 32])], to: [1, 32])
        let run = try verify(builder, [(flat, .init([1, 32], mean.elements))], tolerance: tolerance)
        // The sum of two inputs in different layouts costs one, the first convolution perhaps another.
        #expect(run.reorders <= 2)
    }

    @Test(
        "tensors in blocked layouts join along channels", arguments: [[16, 32], [24, 8, 5], [3, 1], [64, 48, 208]])
    func concat(_ widths: [Int]) throws {
        let builder = GraphBuilder()
        let source = builder.input4([2, 16, 5, 6])
        let branches = widths.enumerated().map { index, width in
            let sum = builder.convolution(source.0, source.1, outputs: width, index == 0 ? .init() : threeByThree)
            return builder.relu(sum.0, sum.1)
        }
        let joined = Naive.concat(branches.map(\.1), axis: 1)
        let value = builder.node("Concat", branches.map(\.0), to: joined.shape, ["axis": .integers([1])])
        let after = builder.convolution(value, joined, outputs: 8, .init())
        _ = try verify(builder, [after, (value, joined)], tolerance: tolerance)
    }

    @Test("functions of one kind in a chain keep their own numbers")
    func repeatedFunctions() throws {
        let shape = [2, 17]
        let builder = GraphBuilder()
        let (left, right) = (builder.input4(shape), builder.input4(shape))
        var value = builder.node("Add", [left.0, right.0], to: shape)
        value = builder.node("Exp", [value], to: shape)
        value = builder.node("Subtract", [value, builder.constant([], [1])], to: shape)
        value = builder.node("Multiply", [value, builder.constant([], [2])], to: shape)
        value = builder.node("Abs", [value], to: shape)
        value = builder.node("Add", [value, builder.constant([], [3])], to: shape)
        let expected = zip(left.1.elements, right.1.elements).map { abs((exponential($0 + $1) - 1) * 2) + 3 }
        _ = try verify(builder, [(value, Naive.DoubleTensor(shape, expected))], tolerance: 1e-6)
    }
}
