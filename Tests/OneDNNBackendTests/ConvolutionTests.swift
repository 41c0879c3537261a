import Foundation
import Testing
import VireoPluginKit

/// Sums of up to a few hundred products of numbers below 1, in an order of oneDNN's own: a few units in the last place
/// of the largest sum.
private let tolerance = 2e-6

struct ConvolutionCase: Sendable, CustomTestStringConvertible {
    var batch = 1
    var channels = 16
    var outputs = 16
    var groups: Int?
    var image = [9, 10]
    var geometry = Naive.Geometry()

    var testDescription: String {
        "\(batch)x\(channels)x\(image) to \(outputs), groups \(groups ?? 1), \(geometry)"
    }

    static let kernels: [Naive.Geometry] = [
        .init(),
        .init(kernel: [3, 3], begin: [1, 1], end: [1, 1]),
        .init(kernel: [3, 3], strides: [2, 2], begin: [0, 0], end: [1, 1]),
        .init(kernel: [3, 3], dilations: [2, 2], begin: [2, 2], end: [2, 2]),
        .init(kernel: [5, 3], strides: [1, 2], begin: [2, 0], end: [1, 2]),
        .init(kernel: [1, 1], strides: [2, 2]),
        .init(kernel: [7, 7], strides: [2, 2], begin: [2, 2], end: [3, 3]),
        .init(kernel: [9, 10]),
    ]

    static let dense: [ConvolutionCase] = kernels.flatMap { geometry in
        [(3, 32), (16, 16), (8, 24), (17, 5), (1, 1), (64, 48)].map {
            ConvolutionCase(batch: $0.0 == 17 ? 2 : 1, channels: $0.0, outputs: $0.1, geometry: geometry)
        }
    }

    static let grouped: [ConvolutionCase] = kernels.flatMap { geometry in
        [(32, 32, 32), (24, 24, 24), (7, 7, 7), (16, 32, 16), (32, 64, 2), (12, 6, 3)].map {
            ConvolutionCase(channels: $0.0, outputs: $0.1, groups: $0.2, geometry: geometry)
        }
    }
}

@Suite("Convolutions")
struct ConvolutionTests {
    @Test("agree with the definition", arguments: ConvolutionCase.dense + ConvolutionCase.grouped)
    func agree(_ one: ConvolutionCase) throws {
        let builder = GraphBuilder()
        let (source, image) = builder.input4([one.batch, one.channels] + one.image)
        let result = builder.convolution(source, image, outputs: one.outputs, groups: one.groups, one.geometry)
        _ = try verify(builder, [result], tolerance: tolerance)
    }

    @Test(
        "take a bias and every activation into one kernel",
        arguments: [
            "ReLU", "Clamp", "Sigmoid", "Tanh", "Swish", "HSwish", "Elu",
        ])
    func fuseActivation(_ opType: String) throws {
        let builder = GraphBuilder()
        let (source, image) = builder.input4([1, 16, 8, 8])
        let sum = builder.convolution(
            source, image, outputs: 32, .init(kernel: [3, 3], begin: [1, 1], end: [1, 1]))
        let biased = builder.bias(sum.0, sum.1)
        let (attributes, function) = activation(opType)
        let result = (
            builder.node(opType, [biased.0], to: biased.1.shape, attributes), biased.1.map(function)
        )
        // The sums reach 10 before an activation shrinks them.
        let run = try verify(builder, [result], tolerance: 10 * tolerance)
        #expect(run.executed.filter { $0.opType != "Reorder" }.map(\.opType) == ["Convolution"])
        #expect(
            run.context.profile.filter { $0.status == .optimizedOut }.map(\.opType).sorted()
                == ["Add", opType].sorted())
    }

    @Test("end in any number of channels", arguments: [1, 5, 1001])
    func oddChannels(_ outputs: Int) throws {
        let builder = GraphBuilder()
        let (source, image) = builder.input4([1, 24, 2, 3])
        let sum = builder.convolution(source, image, outputs: outputs, .init())
        let biased = builder.bias(sum.0, sum.1)
        let result = builder.relu(biased.0, biased.1)
        _ = try verify(builder, [result], tolerance: tolerance)
    }

    @Test("of whole images are matrix products with the weights where they are")
    func fullyConnected() throws {
        let builder = GraphBuilder()
        let (source, image) = builder.input4([1, 16, 4, 3])
        let stem = builder.convolution(source, image, outputs: 32, .init(kernel: [3, 3], begin: [1, 1], end: [1, 1]))
        let sum = builder.convolution(stem.0, stem.1, outputs: 10, .init(kernel: [4, 3]))
        let biased = builder.bias(sum.0, sum.1)
        let hidden = builder.relu(biased.0, biased.1)
        let result = builder.convolution(hidden.0, hidden.1, outputs: 20, .init())
        let run = try verify(builder, [result], tolerance: 2 * tolerance)
        let products = run.executed.filter { $0.opType == "Convolution" }.map(\.execType)
        #expect(products.count == 3 && products.dropFirst().allSatisfy { $0.contains("vector_product") }, "\(products)")
    }

    @Test("hold the direct kernels' accuracy when ACCURACY is asked for, and Winograd's otherwise")
    func winograd() throws {
        let builder = GraphBuilder()
        let (source, image) = builder.input4([1, 64, 28, 28])
        let geometry = Naive.Geometry(kernel: [3, 3], begin: [1, 1], end: [1, 1])
        let sum = builder.convolution(source, image, outputs: 64, geometry)
        let biased = builder.bias(sum.0, sum.1)
        let result = builder.relu(biased.0, biased.1)
        // Winograd's transformations multiply rounding errors by about ten.
        for (mode, bound) in [("ACCURACY", tolerance), ("PERFORMANCE", 10 * tolerance)] {
            let run = try Run(
                builder.graph([result.0]), properties: ["PERF_COUNT": "YES", "EXECUTION_MODE_HINT": mode])
            expectClose(try run(builder.feeds)[0], result.1, tolerance: bound)
            if mode == "ACCURACY" { #expect(!run.executed.contains { $0.execType.contains("wino") }) }
        }
    }

    @Test("take weights in half precision")
    func halfWeights() throws {
        let builder = GraphBuilder()
        let (source, image) = builder.input4([1, 2, 3, 3])
        let weights: [Float16] = [0.5, -1.25, 2, 0.125]
        let constant = builder.halfConstant([2, 2, 1, 1], weights)
        let expected = Naive.convolution(image, weights.map { Float($0) }, outputs: 2, groups: 1, .init())
        let value = builder.node("Convolution", [source, constant], to: expected.shape, Naive.Geometry().attributes)
        _ = try verify(builder, [(value, expected)], tolerance: tolerance)
    }

    @Test("have weights that are computed")
    func computedWeights() throws {
        let builder = GraphBuilder()
        let (source, image) = builder.input4([1, 16, 5, 5])
        let (weights, given) = builder.input4([16, 16, 3, 3])
        let geometry = Naive.Geometry(kernel: [3, 3])
        let expected = Naive.convolution(
            image, given.elements.map { Float($0) }, outputs: 16, groups: 1, geometry)
        let value = builder.node("Convolution", [source, weights], to: expected.shape, geometry.attributes)
        _ = try verify(builder, [(value, expected)], tolerance: tolerance)
    }
}

func activation(_ opType: String) -> ([String: NodeView.Attribute], (Double) -> Double) {
    switch opType {
    case "ReLU": ([:], { max($0, 0) })
    case "Clamp": (["min": .numbers([-0.5]), "max": .numbers([0.75])], { min(max($0, -0.5), 0.75) })
    case "Sigmoid": ([:], { 1 / (1 + exp(-$0)) })
    case "Tanh": ([:], { tanh($0) })
    case "Swish": ([:], { $0 / (1 + exp(-$0)) })
    case "HSwish": ([:], { $0 * min(max($0 + 3, 0), 6) / 6 })
    case "Elu": (["alpha": .numbers([0.7])], { $0 < 0 ? 0.7 * (exp($0) - 1) : $0 })
    case "Exp": ([:], { exp($0) })
    case "Abs": ([:], { abs($0) })
    case "Negative": ([:], { -$0 })
    case "Mish": ([:], { $0 * tanh(log1p(exp($0))) })
    case "Gelu": ([:], { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) })
    default: fatalError(opType)
    }
}
