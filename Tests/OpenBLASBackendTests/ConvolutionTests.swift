import OpenBLASBackend
import Testing
import VireoPluginKit

/// One convolution, and what it should give.
struct ConvolutionCase: CustomTestStringConvertible, Sendable {
    var batch = 1
    var groups = 1
    /// Of one group.
    var inputs: Int
    /// Of one group.
    var outputs: Int
    /// Height and width, or width only.
    var size: [Int]
    var kernel: [Int]
    var strides: [Int]
    var dilations: [Int]
    var begin: [Int]
    var end: [Int]

    init(
        _ inputs: Int, _ outputs: Int, _ size: [Int], _ kernel: [Int], batch: Int = 1, groups: Int = 1,
        strides: [Int]? = nil, dilations: [Int]? = nil, begin: [Int]? = nil, end: [Int]? = nil
    ) {
        self.inputs = inputs
        self.outputs = outputs
        self.size = size
        self.kernel = kernel
        self.batch = batch
        self.groups = groups
        let ones = [Int](repeating: 1, count: size.count)
        self.strides = strides ?? ones
        self.dilations = dilations ?? ones
        self.begin = begin ?? ones.map { _ in 0 }
        self.end = end ?? self.begin
    }

    var testDescription: String {
        "\(batch)x\(groups)x\(inputs)->\(outputs) \(size) by \(kernel), strides \(strides), dilations \(dilations), "
            + "pads \(begin) \(end)"
    }

    var outputSize: [Int] {
        size.indices.map {
            (size[$0] + begin[$0] + end[$0] - dilations[$0] * (kernel[$0] - 1) - 1) / strides[$0] + 1
        }
    }

    var inputDimensions: [Int] { [batch, groups * inputs] + size }
    var outputDimensions: [Int] { [batch, groups * outputs] + outputSize }

    var attributes: [String: NodeView.Attribute] {
        [
            "strides": .integers(strides), "dilations": .integers(dilations), "pads_begin": .integers(begin),
            "pads_end": .integers(end),
        ]
    }

    func add(to builder: GraphBuilder, _ input: Int, _ weights: [Float]) -> Int {
        if groups == 1 {
            let filter = builder.constant(weights, [outputs, inputs] + kernel)
            return builder.node("Convolution", [input, filter], to: outputDimensions, attributes)
        }
        let filter = builder.constant(weights, [groups, outputs, inputs] + kernel)
        return builder.node("GroupConvolution", [input, filter], to: outputDimensions, attributes)
    }

    func expected(_ input: [Float], _ weights: [Float]) -> [Exact] {
        let (plane, taps) = (size.reduce(1, *), positions(kernel))
        return positions(outputDimensions).map { position in
            var sum = Exact()
            let group = position[1] / outputs
            for channel in 0..<inputs {
                for (tap, place) in taps.enumerated() {
                    var index = 0
                    var isInside = true
                    for axis in size.indices {
                        let at = position[axis + 2] * strides[axis] - begin[axis] + place[axis] * dilations[axis]
                        isInside = isInside && (0..<size[axis]).contains(at)
                        index = index * size[axis] + at
                    }
                    guard isInside else { continue }
                    let image = (position[0] * groups + group) * inputs + channel
                    let weight = weights[(position[1] * inputs + channel) * taps.count + tap]
                    sum.add(Double(input[image * plane + index]) * Double(weight))
                }
            }
            return sum
        }
    }
}

@Suite struct ConvolutionTests {
    static let windows: [ConvolutionCase] = {
        var cases: [ConvolutionCase] = []
        for (kernel, pad) in [(1, 0), (2, 0), (3, 1), (5, 2), (3, 0)] {
            for strides in [[1, 1], [2, 2], [1, 2], [3, 1]] {
                for dilations in [[1, 1], [2, 1], [2, 3]] {
                    for size in [[7, 7], [13, 17], [9, 33]] {
                        cases.append(
                            ConvolutionCase(
                                3, 5, size, [kernel, kernel], strides: strides, dilations: dilations,
                                begin: [pad, pad + 1], end: [pad, pad]))
                    }
                }
            }
        }
        return cases.filter { problem in
            problem.size.indices.allSatisfy {
                problem.dilations[$0] * (problem.kernel[$0] - 1)
                    < problem.size[$0] + problem.begin[$0] + problem.end[$0]
            }
        }
    }()

    static func check(_ problem: ConvolutionCase) throws {
        let input = noise(problem.inputDimensions, seed: 1)
        let weights = noise(
            problem.groups * problem.outputs * problem.inputs * problem.kernel.reduce(1, *), seed: 2)
        let expected = problem.expected(input, weights)
        for threads in [1, 2] {
            let builder = GraphBuilder()
            let output = problem.add(to: builder, builder.input(input, problem.inputDimensions), weights)
            expectEqual(try builder.run(outputs: [output], threads: threads).numbers[0], expected)
        }
    }

    @Test("a convolution sums what its window covers", arguments: windows)
    func window(_ problem: ConvolutionCase) throws { try Self.check(problem) }

    @Test(
        "a convolution gives the same in every size of matrix",
        arguments: [
            ConvolutionCase(64, 32, [56, 56], [1, 1]),
            ConvolutionCase(64, 32, [56, 56], [1, 1], strides: [2, 2]),
            ConvolutionCase(16, 8, [1, 1], [1, 1], batch: 5),
            ConvolutionCase(96, 8, [57, 41], [3, 3], begin: [1, 1]),
            ConvolutionCase(512, 16, [7, 7], [3, 3], begin: [1, 1]),
            ConvolutionCase(2, 3, [40, 700], [3, 3], begin: [0, 1], end: [2, 0]),
            ConvolutionCase(3, 2, [64, 64], [7, 7], batch: 3, strides: [2, 2], begin: [3, 3], end: [2, 2]),
            ConvolutionCase(8, 1, [9, 9], [9, 9]),
        ])
    func sizes(_ problem: ConvolutionCase) throws { try Self.check(problem) }

    @Test(
        "a convolution over one axis is one over two of which the first is 1",
        arguments: [
            ConvolutionCase(4, 6, [31], [3], begin: [1]),
            ConvolutionCase(4, 6, [31], [5], batch: 2, strides: [2], dilations: [2], begin: [3], end: [1]),
            ConvolutionCase(1, 1, [31], [3], groups: 6, begin: [1]),
        ])
    func oneAxis(_ problem: ConvolutionCase) throws { try Self.check(problem) }

    @Test(
        "groups convolve apart",
        arguments: [2, 3].flatMap { groups in
            [(1, 1), (1, 2), (1, 7), (4, 3), (3, 1)].flatMap { inputs, outputs in
                [
                    ConvolutionCase(inputs, outputs, [9, 11], [3, 3], groups: groups, begin: [1, 1]),
                    ConvolutionCase(
                        inputs, outputs, [14, 14], [3, 3], batch: 2, groups: groups, strides: [2, 2], begin: [0, 0],
                        end: [1, 1]),
                    ConvolutionCase(inputs, outputs, [12, 10], [1, 1], groups: groups),
                ]
            }
        })
    func groups(_ problem: ConvolutionCase) throws { try Self.check(problem) }

    @Test("depthwise convolutions give the same with every window", arguments: windows)
    func depthwise(_ problem: ConvolutionCase) throws {
        var problem = problem
        problem.groups = 3
        (problem.inputs, problem.outputs) = (1, 1)
        try Self.check(problem)
    }

    @Test("depthwise planes larger than a band are computed in bands")
    func depthwiseBands() throws {
        try Self.check(ConvolutionCase(1, 1, [130, 90], [3, 3], groups: 2, begin: [1, 1]))
        try Self.check(ConvolutionCase(1, 1, [129, 301], [5, 5], groups: 2, strides: [2, 2], begin: [2, 2]))
    }

    @Test("half-precision filters are read as single precision")
    func halfPrecision() throws {
        let problem = ConvolutionCase(3, 4, [6, 6], [3, 3])
        let input = noise(problem.inputDimensions, seed: 1)
        let weights = noise(4 * 3 * 9, seed: 2).map { Float16($0) }
        let builder = GraphBuilder()
        let data = builder.input(input, problem.inputDimensions)
        let filter = builder.constant(weights, [4, 3, 3, 3])
        let output = builder.node("Convolution", [data, filter], to: problem.outputDimensions, problem.attributes)
        expectEqual(try builder.run(outputs: [output]).numbers[0], problem.expected(input, weights.map { Float($0) }))
    }

    @Test(
        "a bias, a residual and an activation are applied on the way out",
        arguments: [
            ConvolutionCase(8, 6, [10, 10], [1, 1]), ConvolutionCase(8, 6, [10, 10], [3, 3], begin: [1, 1]),
            ConvolutionCase(1, 1, [10, 10], [3, 3], groups: 6, begin: [1, 1]),
            ConvolutionCase(64, 3, [60, 60], [3, 3], batch: 2, groups: 2, begin: [1, 1]),
        ])
    func fused(_ problem: ConvolutionCase) throws {
        let input = noise(problem.inputDimensions, seed: 1)
        let weights = noise(
            problem.groups * problem.outputs * problem.inputs * problem.kernel.reduce(1, *), seed: 2)
        let (bias, residual) = (noise(problem.outputDimensions[1], seed: 3), noise(problem.outputDimensions, seed: 4))
        let sums = problem.expected(input, weights)
        for threads in [1, 2] {
            let builder = GraphBuilder()
            let convolved = problem.add(to: builder, builder.input(input, problem.inputDimensions), weights)
            let biased = builder.node(
                "Add", [convolved, builder.constant(bias, [1, bias.count, 1, 1])], to: problem.outputDimensions)
            let other = builder.input(residual, problem.outputDimensions)
            let summed = builder.node("Add", [other, biased], to: problem.outputDimensions)
            let output = builder.node("ReLU", [summed], to: problem.outputDimensions)
            let result = try builder.run(outputs: [output], threads: threads, profile: true)
            #expect(result.rows.map(\.status) == [.executed, .optimizedOut, .optimizedOut, .optimizedOut])
            let plane = problem.outputSize.reduce(1, *)
            expectEqual(
                result.numbers[0],
                sums.enumerated().map { index, sum in
                    let value =
                        sum.value + Double(bias[index / plane % bias.count]) + Double(residual[index])
                    return Exact(value: max(0, value), magnitude: sum.magnitude + 2)
                })
        }
    }
}
