import VireoPluginKit
import VireoTensor

/// FakeQuantize with constant ranges: one range, or one a channel (axis 1).
struct FakeQuantize: Kernel {
    private struct Range: Sendable {
        let low: Float
        let high: Float
        let scale: Float
        let outputLow: Float
        let outputHigh: Float
        let outputScale: Float
    }

    private let input: Operand
    private let output: Operand
    private let split: AxisSplit
    private let ranges: [Range]

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        input = try graph.operand(0, of: node)
        output = try graph.result(of: node)
        let levels = try node.integer("levels")
        guard (2...1 << 20).contains(levels), input.dimensions == output.dimensions, input.rank > 0 else {
            throw refusal("FakeQuantize of \(input.dimensions) to \(output.dimensions) with \(levels) levels")
        }
        let axis = input.rank > 1 ? 1 : 0
        let dimensions = input.dimensions
        func numbers(_ port: Int) throws(VireoError) -> [Float] {
            let operand = try graph.operand(port, of: node)
            guard let numbers = perChannelConstant(graph.values[operand.value], dimensions, axis) else {
                throw refusal("FakeQuantize whose input \(port) is no constant with one number, or one a channel")
            }
            return numbers
        }
        let (low, high) = (try numbers(1), try numbers(2))
        let (outputLow, outputHigh) = (try numbers(3), try numbers(4))
        split = AxisSplit(dimensions, axis: axis)
        ranges = low.indices.map { channel in
            Range(
                low: low[channel], high: high[channel], scale: Float(levels - 1) / (high[channel] - low[channel]),
                outputLow: outputLow[channel], outputHigh: outputHigh[channel],
                outputScale: (outputHigh[channel] - outputLow[channel]) / Float(levels - 1))
        }
    }

    var execType: String { "elementwise" }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    func run(_ run: Run) {
        run.forRanges(split.outer * split.length, cost: split.inner * 2) { rows in
            for row in rows {
                let range = ranges[row % split.length]
                let (least, most) = (min(range.low, range.high), max(range.low, range.high))
                VectorMath.map(
                    run[input.value] + row * split.inner, run[output.value] + row * split.inner, split.inner
                ) { number in
                    // Adding and subtracting 1.5 * 2^23 rounds to the nearest integer, ties to even.
                    let level = ((number - range.low) * range.scale + 12_582_912) - 12_582_912
                    let value = level * range.outputScale + range.outputLow
                    return number <= least ? range.outputLow : (number > most ? range.outputHigh : value)
                }
            }
        }
    }
}
