import Testing
import VireoPluginKit

@Suite("Concats")
struct ConcatTests {
    private typealias Value = (Int, Naive.DoubleTensor)

    private func concat(_ builder: GraphBuilder, _ parts: [Value], axis: Int) -> Value {
        let joined = Naive.concat(parts.map(\.1), axis: axis)
        return (builder.node("Concat", parts.map(\.0), to: joined.shape, ["axis": .integers([axis])]), joined)
    }

    /// A convolution that Winograd's algorithm computes, where the processor has AVX-512.
    private func winograd(_ builder: GraphBuilder, _ source: Value, outputs: Int) -> Value {
        builder.convolution(
            source.0, source.1, outputs: outputs, .init(kernel: [3, 3], begin: [1, 1], end: [1, 1]))
    }

    /// Winograd's F(4x4, 3x3) loses about two decimal digits.
    private let tolerance = 5e-5

    @Test("of what lies next to each other in memory are no step", arguments: [0, 2])
    func contiguous(axis: Int) throws {
        let builder = GraphBuilder()
        let parts: [Value] = [2, 1, 3].map { extent in
            let shape = axis == 0 ? [extent, 4, 5] : [1, 1, extent, 5]
            let source = builder.input4(shape)
            return builder.relu(source.0, source.1)
        }
        let joined = concat(builder, parts, axis: axis)
        let after = builder.relu(joined.0, joined.1)
        let run = try verify(builder, [after, parts[1]])
        #expect(!run.executed.contains { $0.opType == "Concat" })
        #expect(run.context.profile.contains { $0.opType == "Concat" && $0.status == .optimizedOut })
    }

    @Test("of Winograd's convolutions are no step, one inside another too", arguments: [1, 2])
    func spread(images: Int) throws {
        let builder = GraphBuilder()
        let source = builder.input4([images, 32, 19, 20])
        let parts = [64, 48, 48, 64].map { winograd(builder, source, outputs: $0) }
        let inner = concat(builder, [parts[1], parts[2]], axis: 1)
        let outer = concat(builder, [parts[0], inner, parts[3]], axis: 1)
        let after = builder.convolution(outer.0, outer.1, outputs: 16, .init())
        let run = try verify(builder, [after, outer], tolerance: tolerance)
        if run.executed.contains(where: { $0.execType.hasPrefix("winograd_") }) {
            #expect(!run.executed.contains { $0.opType == "Concat" })
        }
    }

    @Test("copy what others read, what comes twice, what is an input, and what is a result")
    func copies() throws {
        let builder = GraphBuilder()
        let source = builder.input4([1, 32, 16, 17])
        let (read, twice, result, moved) = (
            winograd(builder, source, outputs: 64), winograd(builder, source, outputs: 64),
            winograd(builder, source, outputs: 64), winograd(builder, source, outputs: 64)
        )
        let joined = concat(builder, [read, twice, source, result, twice, moved], axis: 1)
        let other = builder.convolution(read.0, read.1, outputs: 16, .init())
        // It would overwrite what the Concat reads, if nobody else did.
        let changed = builder.relu(read.0, read.1)
        let run = try verify(builder, [joined, result, other, changed], tolerance: tolerance)
        #expect(run.executed.contains { $0.opType == "Concat" })
    }

    @Test("keep their parts from being overwritten by a residual sum or in place")
    func overwriting() throws {
        let builder = GraphBuilder()
        let source = builder.input4([1, 16, 6, 1])
        let parts = (0..<2).map { _ in builder.convolution(source.0, source.1, outputs: 16, .init()) }
        // Along the first axis the parts are whole regions of the joined tensor, which is read again below.
        let joined = concat(builder, parts, axis: 0)
        let narrow = builder.convolution(joined.0, joined.1, outputs: 16, .init())
        let first = builder.convolution(parts[0].0, parts[0].1, outputs: 16, .init())
        let sum = builder.add(first, parts[1])
        let last = builder.relu(joined.0, joined.1)
        _ = try verify(builder, [narrow, sum, last], tolerance: 4e-6)
    }

    @Test("may share inputs, and be joined themselves", arguments: [0, 1, 2, 3])
    func shared(axis: Int) throws {
        let builder = GraphBuilder()
        let source = builder.input4([1, 24, 6, 5])
        let parts: [Value] = (0..<3).map { _ in builder.relu(source.0, source.1) }
            .map { builder.convolution($0.0, $0.1, outputs: 24, .init()) }
        let first = concat(builder, [parts[0], parts[1]], axis: axis)
        let second = concat(builder, [parts[1], parts[2], parts[0]], axis: axis)
        let both = concat(builder, [first, second, first], axis: axis)
        _ = try verify(builder, [both, second, parts[1]], tolerance: 4e-6)
    }

    /// Convolutions, activations, poolings, sums and Concats along any axis, of what came before and of one another.
    @Test("agree with the definition in random graphs", arguments: 0..<24 as Range<UInt64>)
    func random(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        func below(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
        let builder = GraphBuilder()
        var values: [Value] = [
            builder.input4([1 + below(2), 32, 16, 16 + below(3)])
        ]
        for _ in 0..<14 {
            let source = values[max(0, values.count - 1 - below(4))]
            switch below(6) {
            case 0 where source.1.elements.count < 40_000:
                values.append(winograd(builder, source, outputs: [32, 48, 64][below(3)]))
            case 0, 1:
                values.append(builder.convolution(source.0, source.1, outputs: [8, 16, 31, 32][below(4)], .init()))
            case 2: values.append(builder.relu(source.0, source.1))
            case 3:
                let partners = values.filter { $0.1.shape == source.1.shape }
                values.append(builder.add(source, partners[below(partners.count)]))
            default:
                let axis = below(4)
                let partners = values.filter { value in
                    (0..<4).allSatisfy { $0 == axis || value.1.shape[$0] == source.1.shape[$0] }
                }
                let parts = [source] + (0..<1 + below(3)).map { _ in partners[below(partners.count)] }
                guard parts.reduce(0, { $0 + $1.1.elements.count }) < 200_000 else { continue }
                values.append(concat(builder, parts, axis: axis))
            }
        }
        let others = values.dropFirst().filter { _ in below(4) == 0 }
        let results = [values[values.count - 1]] + others
        // Sums of sums of random numbers grow; `verify` is relative to the largest.
        _ = try verify(builder, results, tolerance: 2e-4)
    }
}
