import VireoPluginKit
import VireoTensor

/// SoftMax along one axis.
struct SoftMax: Kernel {
    private let input: Operand
    private let output: Operand
    private let split: AxisSplit

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        input = try graph.operand(0, of: node)
        output = try graph.result(of: node)
        guard input.dimensions == output.dimensions, input.rank > 0 else {
            throw refusal("\(node.opType) of \(input.dimensions) to \(output.dimensions)")
        }
        let axis = node.attributes["axis"] == nil ? min(1, input.rank - 1) : try node.integer("axis")
        split = AxisSplit(input.dimensions, axis: try normalized([axis], rank: input.rank)[0])
    }

    var execType: String { split.inner == 1 ? "softmax_rows" : "softmax_columns" }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }
    /// A maximum and a sum for each column.
    func workspaceCount(threads: Int) -> Int { split.inner == 1 ? 0 : 2 * split.outer * split.inner }

    func run(_ run: Run) {
        let size = split.length * split.inner
        run.forRanges(split.outer, cost: size * 8) { part in
            for outer in part {
                let (source, destination) = (run[input.value] + outer * size, run[output.value] + outer * size)
                if split.inner == 1 {
                    row(source, destination)
                } else {
                    columns(source, destination, run.workspace + outer * 2 * split.inner)
                }
            }
        }
    }

    private func row(_ source: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>) {
        let largest = VectorMath.maximum(source, split.length)
        VectorMath.map(source, destination, split.length) { VectorMath.exp($0 - largest) }
        let factor = 1 / VectorMath.sum(destination, split.length)
        VectorMath.map(destination, destination, split.length) { $0 * factor }
    }

    private func columns(
        _ source: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>,
        _ memory: UnsafeMutablePointer<Float>
    ) {
        let inner = split.inner
        let (largest, sum) = (memory, memory + inner)
        largest.update(from: source, count: inner)
        for row in 1..<max(1, split.length) {
            let numbers = source + row * inner
            for column in 0..<inner {
                largest[column] = largest[column] < numbers[column] ? numbers[column] : largest[column]
            }
        }
        sum.update(repeating: 0, count: inner)
        for row in 0..<split.length {
            let (numbers, results) = (source + row * inner, destination + row * inner)
            for column in 0..<inner {
                let power = VectorMath.exp(numbers[column] - largest[column])
                results[column] = power
                sum[column] += power
            }
        }
        for column in 0..<inner { sum[column] = 1 / sum[column] }
        for row in 0..<split.length {
            let results = destination + row * inner
            for column in 0..<inner { results[column] *= sum[column] }
        }
    }
}
