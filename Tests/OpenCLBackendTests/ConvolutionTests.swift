import OpenCLBackend
import Testing
import VireoPluginKit

/// One convolution and its sizes.
struct ConvolutionCase: CustomTestStringConvertible, Sendable {
    var images = 1
    var groups = 1
    var inputs = 3
    var outputs = 5
    var extent = [7, 9]
    var kernel = [3, 3]
    var strides = [1, 1]
    var dilations = [1, 1]
    var padsBegin = [0, 0]
    var padsEnd = [0, 0]

    var testDescription: String {
        "\(images)x\(inputs)x\(extent) to \(outputs) in \(groups) groups, kernel \(kernel) strides \(strides) "
            + "dilations \(dilations) pads \(padsBegin) \(padsEnd)"
    }

    var outputExtent: [Int] {
        (0..<2).map {
            (extent[$0] + padsBegin[$0] + padsEnd[$0] - (kernel[$0] - 1) * dilations[$0] - 1) / strides[$0] + 1
        }
    }
    var inputDims: [Int] { [images, inputs] + extent }
    var outputDims: [Int] { [images, outputs] + outputExtent }
    var weightDims: [Int] { [groups, outputs / groups, inputs / groups] + kernel }
    var attributes: [String: NodeView.Attribute] {
        [
            "strides": .integers(strides), "dilations": .integers(dilations), "pads_begin": .integers(padsBegin),
            "pads_end": .integers(padsEnd),
        ]
    }

    func naive(_ input: [Float], _ weights: [Float]) -> [Double] {
        let groupInputs = inputs / groups
        let groupOutputs = outputs / groups
        var result: [Double] = []
        for image in 0..<images {
            for channel in 0..<outputs {
                for y in 0..<outputExtent[0] {
                    for x in 0..<outputExtent[1] {
                        var sum = 0.0
                        for c in 0..<groupInputs {
                            let plane = image * inputs + channel / groupOutputs * groupInputs + c
                            for i in 0..<kernel[0] {
                                for j in 0..<kernel[1] {
                                    let row = y * strides[0] + i * dilations[0] - padsBegin[0]
                                    let column = x * strides[1] + j * dilations[1] - padsBegin[1]
                                    guard (0..<extent[0]).contains(row), (0..<extent[1]).contains(column) else {
                                        continue
                                    }
                                    let value = input[(plane * extent[0] + row) * extent[1] + column]
                                    let tap = ((channel * groupInputs + c) * kernel[0] + i) * kernel[1] + j
                                    sum += Double(value) * Double(weights[tap])
                                }
                            }
                        }
                        result.append(sum)
                    }
                }
            }
        }
        return result
    }
}

@Suite(needsDevice)
struct ConvolutionTests {
    static let cases: [ConvolutionCase] = {
        var cases: [ConvolutionCase] = []
        for kernel in [[1, 1], [3, 3], [2, 5]] {
            for strides in [[1, 1], [2, 2], [3, 1]] {
                for dilations in [[1, 1], [2, 3]] {
                    for pads in [([0, 0], [0, 0]), ([1, 1], [1, 1]), ([0, 2], [3, 1])] {
                        cases.append(
                            ConvolutionCase(
                                extent: [11, 16], kernel: kernel, strides: strides, dilations: dilations,
                                padsBegin: pads.0, padsEnd: pads.1))
                    }
                }
            }
        }
        cases += [
            ConvolutionCase(
                images: 2, inputs: 16, outputs: 24, extent: [14, 14], padsBegin: [1, 1], padsEnd: [1, 1]),
            ConvolutionCase(images: 3, inputs: 7, outputs: 9, extent: [1, 1], kernel: [1, 1]),
            ConvolutionCase(
                inputs: 3, outputs: 16, extent: [33, 31], kernel: [7, 7], strides: [2, 2],
                padsBegin: [2, 3], padsEnd: [3, 3]),
            ConvolutionCase(inputs: 64, outputs: 17, extent: [7, 7], kernel: [1, 1]),
            ConvolutionCase(
                inputs: 4, outputs: 8, extent: [5, 40], kernel: [1, 7], padsBegin: [0, 3], padsEnd: [0, 3]),
        ]
        return cases
    }()

    static let groupCases: [ConvolutionCase] = [
        ConvolutionCase(groups: 2, inputs: 6, outputs: 4),
        ConvolutionCase(images: 2, groups: 3, inputs: 9, outputs: 27, padsBegin: [1, 1], padsEnd: [1, 1]),
        ConvolutionCase(groups: 2, inputs: 8, outputs: 32, strides: [2, 2], padsBegin: [0, 1], padsEnd: [1, 0]),
        ConvolutionCase(groups: 8, inputs: 8, outputs: 8, padsBegin: [1, 1], padsEnd: [1, 1]),
        ConvolutionCase(
            images: 2, groups: 5, inputs: 5, outputs: 10, extent: [20, 19], strides: [2, 2], padsEnd: [1, 1]),
        ConvolutionCase(
            groups: 4, inputs: 4, outputs: 4, extent: [20, 20], dilations: [2, 2], padsBegin: [2, 2],
            padsEnd: [2, 2]),
        ConvolutionCase(groups: 1, inputs: 1, outputs: 3),
    ]

    @Test("A convolution is the sum that its definition says", arguments: cases)
    func convolution(_ problem: ConvolutionCase) throws {
        try check(problem, opType: "Convolution", weightDims: Array(problem.weightDims.dropFirst()))
    }

    @Test("A convolution in groups sees its group's channels only", arguments: groupCases)
    func groupConvolution(_ problem: ConvolutionCase) throws {
        try check(problem, opType: "GroupConvolution", weightDims: problem.weightDims)
    }

    private func check(_ problem: ConvolutionCase, opType: String, weightDims: [Int]) throws {
        var numbers = Numbers()
        let input = numbers.list(problem.inputDims)
        let weights = numbers.list(problem.weightDims)
        let graph = TestGraph()
        let x = graph.input(problem.inputDims)
        graph.output(
            graph.node(opType, [x, graph.constant(weightDims, weights)], problem.outputDims, problem.attributes))
        let found = try graph.run([input])
        expectClose(found[0], problem.naive(input, weights), problem.testDescription)
    }

    enum Activation: String, CaseIterable { case none, relu, clamp, sigmoid, tanh }

    @Test(
        "Bias, residual and activation that follow a convolution are applied in order", arguments: Activation.allCases)
    func epilogue(_ activation: Activation) throws {
        let problem = ConvolutionCase(
            images: 2, inputs: 4, outputs: 11, extent: [6, 10], padsBegin: [1, 1], padsEnd: [1, 1])
        var numbers = Numbers(seed: 3)
        let input = numbers.list(problem.inputDims)
        let weights = numbers.list(problem.weightDims)
        let bias = numbers.list([problem.outputs])
        let residual = numbers.list(problem.outputDims)
        let graph = TestGraph()
        let dims = problem.outputDims
        let x = graph.input(problem.inputDims)
        let r = graph.input(dims)
        let w = graph.constant(Array(problem.weightDims.dropFirst()), weights)
        let convolved = graph.node("Convolution", [x, w], dims, problem.attributes)
        let biased = graph.node("Add", [convolved, graph.constant([1, problem.outputs, 1, 1], bias)], dims)
        let summed = graph.node("Add", [r, biased], dims)
        let result: Int
        let function: (Double) -> Double
        switch activation {
        case .none: (result, function) = (summed, { $0 })
        case .relu: (result, function) = (graph.node("ReLU", [summed], dims), { max($0, 0) })
        case .clamp:
            let limits: [String: NodeView.Attribute] = ["min": .numbers([-0.5]), "max": .numbers([0.75])]
            (result, function) = (graph.node("Clamp", [summed], dims, limits), { min(max($0, -0.5), 0.75) })
        case .sigmoid: (result, function) = (graph.node("Sigmoid", [summed], dims), { 1 / (1 + exponential(-$0)) })
        case .tanh:
            (result, function) = (graph.node("Tanh", [summed], dims), { 1 - 2 / (exponential(2 * $0) + 1) })
        }
        graph.output(result)
        let plane = problem.outputExtent.reduce(1, *)
        let expected = problem.naive(input, weights).enumerated().map { index, value in
            function(value + Double(bias[index / plane % problem.outputs]) + Double(residual[index]))
        }
        expectClose(try graph.run([input, residual])[0], expected)
    }

    @Test("Two convolutions that meet in a sum are both computed", arguments: [false, true])
    func residualOfTwoConvolutions(isSwapped: Bool) throws {
        let problem = ConvolutionCase(inputs: 4, outputs: 6, extent: [5, 5], kernel: [1, 1])
        var numbers = Numbers(seed: 5)
        let input = numbers.list(problem.inputDims)
        let weights = [numbers.list(problem.weightDims), numbers.list(problem.weightDims)]
        let graph = TestGraph()
        let x = graph.input(problem.inputDims)
        let branches = weights.map { weights in
            graph.node(
                "Convolution", [x, graph.constant(Array(problem.weightDims.dropFirst()), weights)], problem.outputDims,
                problem.attributes)
        }
        let sum = graph.node("Add", isSwapped ? branches.reversed() : branches, problem.outputDims)
        graph.output(graph.node("ReLU", [sum], problem.outputDims))
        let expected = zip(problem.naive(input, weights[0]), problem.naive(input, weights[1])).map { max($0 + $1, 0) }
        expectClose(try graph.run([input])[0], expected)
    }

    @Test("Weights in half precision are expanded")
    func halfPrecisionWeights() throws {
        let problem = ConvolutionCase(inputs: 4, outputs: 6, extent: [5, 5])
        var numbers = Numbers(seed: 6)
        let input = numbers.list(problem.inputDims)
        let weights = numbers.list(problem.weightDims).map { Float16($0) }
        let graph = TestGraph()
        let w = graph.constant(Array(problem.weightDims.dropFirst()), weights)
        graph.output(
            graph.node("Convolution", [graph.input(problem.inputDims), w], problem.outputDims, problem.attributes))
        expectClose(try graph.run([input])[0], problem.naive(input, weights.map { Float($0) }))
    }
}
