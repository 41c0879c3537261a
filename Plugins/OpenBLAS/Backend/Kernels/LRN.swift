import Glibc
import VireoPluginKit
import VireoTensor

/// Local response normalization across channels (axis 1).
struct LRN: Kernel {
    private let input: Operand
    private let output: Operand
    private let split: AxisSplit
    private let size: Int
    /// alpha / size.
    private let scale: Float
    private let beta: Float
    private let bias: Float

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        input = try graph.operand(0, of: node)
        output = try graph.result(of: node)
        let axes = try normalized(try graph.constantIntegers(1, of: node, "axes"), rank: input.rank)
        guard axes == [1] else { throw refusal("LRN over the axes \(axes), and only axis 1 is implemented") }
        size = try node.integer("size")
        guard input.dimensions == output.dimensions, (1...1 << 20).contains(size) else {
            throw refusal("LRN of \(input.dimensions) to \(output.dimensions) over \(size) channels")
        }
        scale = Float(try node.number("alpha") / Double(size))
        beta = Float(try node.number("beta"))
        bias = Float(try node.number("bias"))
        split = AxisSplit(input.dimensions, axis: 1)
    }

    var execType: String { "lrn_across_channels" }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    func run(_ run: Run) {
        let inner = split.inner
        run.forRanges(split.outer * split.length, cost: inner * (size + 8)) { rows in
            for row in rows {
                let (outer, channel) = row.quotientAndRemainder(dividingBy: split.length)
                let image = run[input.value] + outer * split.length * inner
                let destination = run[output.value] + row * inner
                destination.update(repeating: 0, count: inner)
                let first = max(0, channel - (size - 1) / 2)
                let last = min(split.length - 1, channel + size / 2)
                for neighbour in first...max(first, last) {
                    let numbers = image + neighbour * inner
                    for index in 0..<inner { destination[index] += numbers[index] * numbers[index] }
                }
                divide(image + channel * inner, by: destination, inner)
            }
        }
    }

    /// `sums[i] = numbers[i] / (bias + scale * sums[i]) ^ beta`.
    private func divide(_ numbers: UnsafePointer<Float>, by sums: UnsafeMutablePointer<Float>, _ count: Int) {
        let (bias, scale) = (bias, scale)
        switch beta {
        case 0.75:
            for index in 0..<count {
                let root = (bias + scale * sums[index]).squareRoot()
                sums[index] = numbers[index] / (root * root.squareRoot())
            }
        case 0.5:
            for index in 0..<count { sums[index] = numbers[index] / (bias + scale * sums[index]).squareRoot() }
        default:
            for index in 0..<count { sums[index] = numbers[index] / powf(bias + scale * sums[index], beta) }
        }
    }
}
