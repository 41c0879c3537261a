import OpenCLBackend
import Testing
import VireoPluginKit

/// One pool. Outputs are given, because rounding up makes more of them.
struct PoolCase: CustomTestStringConvertible, Sendable {
    var extent = [9, 11]
    var kernel = [3, 3]
    var strides = [2, 2]
    var padsBegin = [0, 0]
    var padsEnd = [0, 0]
    var dilations = [1, 1]
    var roundsUp = false

    var testDescription: String {
        "\(extent) kernel \(kernel) strides \(strides) pads \(padsBegin) \(padsEnd) dilations \(dilations) "
            + (roundsUp ? "ceil" : "floor")
    }

    var outputExtent: [Int] {
        (0..<2).map {
            let room = extent[$0] + padsBegin[$0] + padsEnd[$0] - (kernel[$0] - 1) * dilations[$0] - 1
            return (room + (roundsUp ? strides[$0] - 1 : 0)) / strides[$0] + 1
        }
    }
    var attributes: [String: NodeView.Attribute] {
        [
            "kernel": .integers(kernel), "strides": .integers(strides), "pads_begin": .integers(padsBegin),
            "pads_end": .integers(padsEnd), "rounding_type": .string(roundsUp ? "ceil" : "floor"),
        ]
    }

    /// The elements under each window, with those of the padding as nil.
    func windows(_ plane: ArraySlice<Float>) -> [[Double?]] {
        var result: [[Double?]] = []
        for y in 0..<outputExtent[0] {
            for x in 0..<outputExtent[1] {
                var window: [Double?] = []
                for i in 0..<kernel[0] {
                    for j in 0..<kernel[1] {
                        let row = y * strides[0] + i * dilations[0] - padsBegin[0]
                        let column = x * strides[1] + j * dilations[1] - padsBegin[1]
                        guard row < extent[0] + padsEnd[0], column < extent[1] + padsEnd[1] else { continue }
                        let isInside = (0..<extent[0]).contains(row) && (0..<extent[1]).contains(column)
                        window.append(isInside ? Double(plane[plane.startIndex + row * extent[1] + column]) : nil)
                    }
                }
                result.append(window)
            }
        }
        return result
    }
}

@Suite(needsDevice)
struct PoolingTests {
    static let cases = [
        PoolCase(),
        PoolCase(kernel: [2, 2]),
        PoolCase(kernel: [2, 2], roundsUp: true),
        PoolCase(kernel: [3, 2], strides: [1, 1], padsBegin: [1, 0], padsEnd: [1, 1]),
        PoolCase(padsBegin: [1, 1], padsEnd: [1, 1], roundsUp: true),
        PoolCase(padsBegin: [0, 0], padsEnd: [1, 1]),
        PoolCase(kernel: [9, 11], strides: [1, 1]),
    ]

    @Test("A max pool takes the largest element of each window", arguments: cases + [PoolCase(dilations: [2, 2])])
    func maxPool(_ problem: PoolCase) throws {
        var attributes = problem.attributes
        attributes["dilations"] = .integers(problem.dilations)
        try check(problem, "MaxPool", attributes) { window in window.compactMap { $0 }.max() ?? -.infinity }
    }

    @Test("An average pool counts the padding only when told to", arguments: cases, [false, true])
    func avgPool(_ problem: PoolCase, excludesPad: Bool) throws {
        var attributes = problem.attributes
        attributes["exclude-pad"] = .integers([excludesPad ? 1 : 0])
        try check(problem, "AvgPool", attributes) { window in
            let inside = window.compactMap { $0 }
            return inside.reduce(0, +) / Double(excludesPad ? inside.count : window.count)
        }
    }

    private func check(
        _ problem: PoolCase, _ opType: String, _ attributes: [String: NodeView.Attribute],
        _ function: ([Double?]) -> Double
    ) throws {
        let planes = [2, 3]
        var numbers = Numbers()
        let input = numbers.list(planes + problem.extent)
        let graph = TestGraph()
        let x = graph.input(planes + problem.extent)
        graph.output(graph.node(opType, [x], planes + problem.outputExtent, attributes))
        let size = problem.extent.reduce(1, *)
        let expected = (0..<6).flatMap { problem.windows(input[($0 * size)..<(($0 + 1) * size)]).map(function) }
        expectClose(try graph.run([input])[0], expected, problem.testDescription)
    }
}
