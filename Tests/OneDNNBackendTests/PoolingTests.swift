import Testing
import VireoPluginKit

@Suite("Poolings and normalizations")
struct PoolingTests {
    private static let geometries: [Naive.Geometry] = [
        .init(kernel: [2, 2], strides: [2, 2]),
        .init(kernel: [3, 3], strides: [2, 2], begin: [1, 1], end: [1, 1]),
        .init(kernel: [3, 3], strides: [2, 2], begin: [0, 0], end: [1, 1]),
        .init(kernel: [3, 2], strides: [1, 3], begin: [1, 0], end: [2, 1]),
        .init(kernel: [9, 11]),
    ]

    private func pooling(
        _ kind: Naive.Pool, _ geometry: Naive.Geometry, channels: Int, producesBlocked: Bool, output: [Int]? = nil
    ) throws {
        let builder = GraphBuilder()
        var source = builder.input4([2, channels, 9, 11])
        if producesBlocked { source = builder.convolution(source.0, source.1, outputs: channels, .init()) }
        let expected = Naive.pool(kind, source.1, geometry, output: output)
        var attributes = geometry.attributes.merging(["kernel": .integers(geometry.kernel)]) { $1 }
        attributes["dilations"] = nil
        attributes["rounding_type"] = .string(output == nil ? "floor" : "ceil")
        var opType = "MaxPool"
        if case .average(let excludesPads) = kind {
            attributes["exclude-pad"] = .integers([excludesPads ? 1 : 0])
            opType = "AvgPool"
        }
        let value = builder.node(opType, [source.0], to: expected.shape, attributes)
        _ = try verify(builder, [(value, expected)])
    }

    @Test("maximum pooling agrees with the definition", arguments: geometries, [3, 16, 24])
    func maximum(_ geometry: Naive.Geometry, channels: Int) throws {
        try pooling(.max, geometry, channels: channels, producesBlocked: channels == 24)
    }

    @Test("average pooling with and without padding agrees", arguments: geometries, [true, false])
    func average(_ geometry: Naive.Geometry, excludesPads: Bool) throws {
        for channels in [5, 16] {
            try pooling(
                .average(excludesPads: excludesPads), geometry, channels: channels, producesBlocked: channels == 16)
        }
    }

    @Test("an output size that was rounded up is taken")
    func roundedUp() throws {
        let geometry = Naive.Geometry(kernel: [2, 2], strides: [2, 2])
        try pooling(.max, geometry, channels: 16, producesBlocked: true, output: [5, 6])
        try pooling(.average(excludesPads: true), geometry, channels: 3, producesBlocked: false, output: [5, 6])
    }

    @Test("reductions agree with the definition", arguments: ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin"])
    func reductions(_ opType: String) throws {
        let fold: ([Double]) -> Double =
            switch opType {
            case "ReduceMean": { $0.reduce(0, +) / Double($0.count) }
            case "ReduceSum": { $0.reduce(0, +) }
            case "ReduceMax": { $0.max()! }
            default: { $0.min()! }
            }
        for axes in [[2, 3], [-1], [1], [0, 2], [0, 1, 2, 3]] {
            for keeps in [true, false] {
                let builder = GraphBuilder()
                let source = builder.input4([2, 6, 4, 5])
                let counted = axes.map { $0 < 0 ? $0 + 4 : $0 }
                let reduced = Naive.reduce(source.1, counted, fold)
                let shape = keeps ? reduced.shape : (0..<4).filter { !counted.contains($0) }.map { source.1.shape[$0] }
                let value = builder.node(
                    opType, [source.0, builder.integers(axes)], to: shape, ["keep_dims": .integers([keeps ? 1 : 0])])
                _ = try verify(builder, [(value, .init(shape, reduced.elements))])
            }
        }
    }

    @Test("a reduction over axes of extent 1 is a view")
    func trivialReduction() throws {
        let builder = GraphBuilder()
        let source = builder.input4([2, 6, 1, 1])
        let sum = builder.convolution(source.0, source.1, outputs: 20, .init())
        let mean = builder.node(
            "ReduceMean", [sum.0, builder.integers([2, 3])], to: [2, 20], ["keep_dims": .integers([0])])
        let same = builder.node("ReduceSum", [mean, builder.integers([])], to: [2, 20], ["keep_dims": .integers([1])])
        let run = try verify(builder, [(same, .init([2, 20], sum.1.elements))])
        #expect(run.executed.allSatisfy { $0.opType == "Convolution" || $0.opType == "Reorder" })
    }

    @Test("softmax runs along any axis of any layout", arguments: [1, -1, 2, 0])
    func softmax(axis: Int) throws {
        let builder = GraphBuilder()
        let source = builder.input4([2, 20, 3, 4])
        let sum = builder.convolution(source.0, source.1, outputs: 20, .init())
        let counted = axis < 0 ? axis + 4 : axis
        let largest = Naive.reduce(sum.1, [counted]) { $0.max()! }
        let exponentials = Naive.binary(sum.1, largest) { exponential($0 - $1) }
        let total = Naive.reduce(exponentials, [counted]) { $0.reduce(0, +) }
        let expected = Naive.binary(exponentials, total, /)
        let value = builder.node("SoftMax", [sum.0], to: expected.shape, ["axis": .integers([axis])])
        _ = try verify(builder, [(value, expected)])
    }

    @Test("local response normalization sums over neighbouring channels and divides alpha by their number")
    func localResponse() throws {
        for (channels, size) in [(16, 5), (7, 3), (32, 11)] {
            let builder = GraphBuilder()
            let source = builder.input4([1, channels, 3, 4])
            var expected = source.1
            for index in expected.elements.indices {
                let position = Naive.coordinates(index, in: expected.shape)
                var sum = 0.0
                for channel in max(position[1] - size / 2, 0)...min(position[1] + size / 2, channels - 1) {
                    let element =
                        source.1.elements[Naive.offset([0, channel, position[2], position[3]], in: expected.shape)]
                    sum += element * element
                }
                expected.elements[index] = source.1.elements[index] / power(2 + 0.5 / Double(size) * sum, 0.75)
            }
            let value = builder.node(
                "LRN", [source.0, builder.integers([1])], to: expected.shape,
                [
                    "alpha": .numbers([0.5]), "beta": .numbers([0.75]), "bias": .numbers([2]),
                    "size": .integers([size]),
                ])
            _ = try verify(builder, [(value, expected)])
        }
    }
}
