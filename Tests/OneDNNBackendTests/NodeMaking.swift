import Testing
import VireoPluginKit

extension Naive.Geometry {
    var attributes: [String: NodeView.Attribute] {
        [
            "strides": .integers(strides), "dilations": .integers(dilations), "pads_begin": .integers(begin),
            "pads_end": .integers(end), "auto_pad": .string("explicit"),
        ]
    }
}

extension GraphBuilder {
    /// A convolution with random weights, and what it computes.
    func convolution(
        _ source: Int, _ expected: Naive.DoubleTensor, outputs: Int, groups: Int? = nil, _ geometry: Naive.Geometry
    ) -> (Int, Naive.DoubleTensor) {
        let channels = expected.shape[1]
        let weights =
            if let groups {
                constant([groups, outputs / groups, channels / groups] + geometry.kernel)
            } else {
                constant([outputs, channels] + geometry.kernel)
            }
        let result = Naive.convolution(
            expected, elements(of: weights), outputs: outputs, groups: groups ?? 1, geometry)
        let value = node(
            groups == nil ? "Convolution" : "GroupConvolution", [source, weights], to: result.shape,
            geometry.attributes)
        return (value, result)
    }

    func input4(_ shape: [Int]) -> (Int, Naive.DoubleTensor) {
        let value = input(shape)
        return (value, Naive.DoubleTensor(shape, elements(of: value)))
    }

    /// A sum with one random number a channel.
    func bias(_ source: Int, _ expected: Naive.DoubleTensor, _ opType: String = "Add") -> (Int, Naive.DoubleTensor) {
        let shape = [1, expected.shape[1]] + [Int](repeating: 1, count: expected.shape.count - 2)
        let bias = constant(shape)
        let other = Naive.DoubleTensor(shape, elements(of: bias))
        let result = Naive.binary(expected, other) { opType == "Multiply" ? $0 * $1 : $0 + $1 }
        return (node(opType, [source, bias], to: result.shape), result)
    }

    func relu(_ source: Int, _ expected: Naive.DoubleTensor) -> (Int, Naive.DoubleTensor) {
        (node("ReLU", [source], to: expected.shape), expected.map { max($0, 0) })
    }

    func add(_ a: (Int, Naive.DoubleTensor), _ b: (Int, Naive.DoubleTensor)) -> (Int, Naive.DoubleTensor) {
        let result = Naive.binary(a.1, b.1, +)
        return (node("Add", [a.0, b.0], to: result.shape), result)
    }
}

/// Runs the graph with one output and compares; runs twice, for what the first run may leave behind.
func verify(_ builder: GraphBuilder, _ results: [(Int, Naive.DoubleTensor)], tolerance: Double = 2e-6) throws -> Run {
    let run = try Run(builder.graph(results.map(\.0)), properties: ["PERF_COUNT": "YES"])
    for _ in 0..<2 {
        for (actual, expected) in zip(try run(builder.feeds), results) {
            expectClose(actual, expected.1, tolerance: tolerance)
        }
    }
    return run
}
