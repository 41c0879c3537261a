import Testing
import VireoPluginKit

struct PoolingCase: CustomTestStringConvertible, Sendable {
    let size: [Int]
    let kernel: [Int]
    let strides: [Int]
    let begin: [Int]
    let end: [Int]
    var dilations = [1, 1]
    var roundsUp = false

    init(
        _ size: [Int], _ kernel: [Int], strides: [Int], begin: [Int] = [0, 0], end: [Int] = [0, 0],
        dilations: [Int] = [1, 1], roundsUp: Bool = false
    ) {
        self.size = size
        self.kernel = kernel
        self.strides = strides
        self.begin = begin
        self.end = end
        self.dilations = dilations
        self.roundsUp = roundsUp
    }

    var testDescription: String {
        "\(size) by \(kernel), strides \(strides), dilations \(dilations), pads \(begin) \(end)\(roundsUp ? ", up" : "")"
    }

    var outputSize: [Int] {
        (0..<2).map {
            let free = size[$0] + begin[$0] + end[$0] - dilations[$0] * (kernel[$0] - 1) - 1
            return (free + (roundsUp ? strides[$0] - 1 : 0)) / strides[$0] + 1
        }
    }

    var attributes: [String: NodeView.Attribute] {
        [
            "strides": .integers(strides), "pads_begin": .integers(begin), "pads_end": .integers(end),
            "kernel": .integers(kernel), "rounding_type": .string(roundsUp ? "ceil" : "floor"),
        ]
    }

    static let planes = 6

    var hasPads: Bool { (begin + end).contains { $0 != 0 } }

    /// For each output number the input numbers that its window covers.
    func windows(_ input: [Float]) -> [[Double]] {
        positions([PoolingCase.planes] + outputSize).map { position in
            var numbers: [Double] = []
            for tap in positions(kernel) {
                let row = position[1] * strides[0] - begin[0] + tap[0] * dilations[0]
                let column = position[2] * strides[1] - begin[1] + tap[1] * dilations[1]
                if (0..<size[0]).contains(row), (0..<size[1]).contains(column) {
                    numbers.append(Double(input[(position[0] * size[0] + row) * size[1] + column]))
                }
            }
            return numbers
        }
    }
}

@Suite struct PoolingTests {
    static let cases: [PoolingCase] = [
        PoolingCase([8, 8], [2, 2], strides: [2, 2]),
        PoolingCase([9, 13], [3, 3], strides: [2, 2], begin: [1, 1], end: [1, 1]),
        PoolingCase([9, 13], [3, 3], strides: [2, 2], begin: [0, 0], end: [1, 1]),
        PoolingCase([9, 13], [3, 3], strides: [1, 1], begin: [1, 1], end: [1, 1]),
        PoolingCase([10, 35], [2, 5], strides: [3, 1], begin: [1, 2], end: [0, 1]),
        PoolingCase([8, 8], [3, 3], strides: [2, 2], roundsUp: true),
        PoolingCase([7, 9], [2, 2], strides: [2, 2], begin: [1, 0], roundsUp: true),
        PoolingCase([7, 7], [7, 7], strides: [1, 1]),
        PoolingCase([112, 112], [3, 3], strides: [2, 2], begin: [1, 1], end: [1, 1]),
        PoolingCase([1, 19], [1, 3], strides: [1, 2]),
    ]

    @Test("a maximum pool takes the largest number of its window", arguments: cases, ["opset1", "opset8"])
    func maximum(_ problem: PoolingCase, opset: String) throws {
        var attributes = problem.attributes
        let dimensions = [2, 3] + problem.outputSize
        var outputs = [dimensions]
        if opset == "opset8" {
            attributes["dilations"] = .integers([1, 1])
            outputs.append(dimensions)
        }
        let input = noise([2, 3] + problem.size, seed: 1)
        let builder = GraphBuilder()
        let output = builder.node(
            "MaxPool", [builder.input(input, [2, 3] + problem.size)], to: outputs, attributes, opset: opset)[0]
        expectEqual(
            try builder.run(outputs: [output]).numbers[0], problem.windows(input).map { $0.max()! },
            tolerance: 0)
    }

    @Test("a maximum pool spreads its window by the dilations")
    func dilated() throws {
        let problem = PoolingCase(
            [11, 12], [3, 2], strides: [1, 2], begin: [2, 1], end: [2, 1], dilations: [2, 3])
        var attributes = problem.attributes
        attributes["dilations"] = .integers(problem.dilations)
        let input = noise([2, 3] + problem.size, seed: 1)
        let builder = GraphBuilder()
        let output = builder.node(
            "MaxPool", [builder.input(input, [2, 3] + problem.size)], to: [2, 3] + problem.outputSize, attributes)
        expectEqual(
            try builder.run(outputs: [output]).numbers[0], problem.windows(input).map { $0.max()! },
            tolerance: 0)
    }

    @Test(
        "an average pool divides by what its window covers, or by the whole window when pads count", arguments: cases,
        [true, false])
    func average(_ problem: PoolingCase, excludesPad: Bool) throws {
        var attributes = problem.attributes
        attributes["exclude-pad"] = .integers([excludesPad ? 1 : 0])
        let input = noise([2, 3] + problem.size, seed: 1)
        let builder = GraphBuilder()
        let output = builder.node(
            "AvgPool", [builder.input(input, [2, 3] + problem.size)], to: [2, 3] + problem.outputSize, attributes)
        let expected = problem.windows(input).map { window in
            let countsPads = problem.hasPads && !excludesPad
            return window.reduce(0, +) / Double(countsPads ? problem.kernel[0] * problem.kernel[1] : window.count)
        }
        expectEqual(try builder.run(outputs: [output]).numbers[0], expected)
    }
}
