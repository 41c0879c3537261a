import VireoPluginKit
import VireoTensor

/// ReduceSum, ReduceMean and ReduceMax over constant axes.
struct Reduce: Kernel {
    private enum Function: Sendable {
        case sum(factor: Float)
        case maximum
    }

    private let input: Operand
    private let output: Operand
    private let function: Function
    /// The input and the output, whose strides are 0 along the reduced axes.
    private let loop: StridedLoop

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        input = try graph.operand(0, of: node)
        output = try graph.result(of: node)
        let axes = try normalized(
            try graph.constantIntegers(1, of: node, "axes"), rank: input.rank)
        var kept = input.dimensions
        for axis in axes { kept[axis] = 1 }
        let reduced = input.count / kept.reduce(1, *)
        guard output.count * reduced == input.count, output.dimensions.filter({ $0 != 1 }) == kept.filter({ $0 != 1 }),
            let strides = StridedLoop.broadcast(input.dimensions, to: input.dimensions),
            let keptStrides = StridedLoop.broadcast(kept, to: input.dimensions)
        else {
            throw refusal("\(node.opType) of \(input.dimensions) over the axes \(axes) to \(output.dimensions)")
        }
        switch node.opType {
        case "ReduceSum": function = .sum(factor: 1)
        case "ReduceMean": function = .sum(factor: 1 / Float(reduced))
        case "ReduceMax": function = .maximum
        default: throw refusal("\(node.opType) is not implemented")
        }
        loop = StridedLoop(input.dimensions, strides: [strides, keptStrides])
    }

    var execType: String { loop.step(1) == 0 ? "reduce_rows" : "reduce_columns" }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    func run(_ run: Run) {
        let destination = run[output.value]
        let runs = loop.runs
        // Threads may share the outermost axis when each of its places has an output of its own.
        let places = loop.dimensions.count > 1 && loop.strides[1][0] != 0 ? loop.dimensions[0] : 1
        let outputs = output.count / places
        run.forRanges(places, cost: input.count / places) { part in
            for place in part {
                let results = destination + place * outputs
                switch function {
                case .sum(let factor):
                    results.update(repeating: 0, count: outputs)
                    for index in runs / places * place..<runs / places * (place + 1) { add(index, run) }
                    if factor != 1 { VectorMath.map(results, results, outputs) { $0 * factor } }
                case .maximum:
                    results.update(repeating: -.infinity, count: outputs)
                    for index in runs / places * place..<runs / places * (place + 1) { raise(index, run) }
                }
            }
        }
    }

    private func add(_ index: Int, _ run: Run) {
        let (source, result) = addresses(index, run)
        if loop.step(1) == 0 {
            result[0] += VectorMath.sum(source, loop.length)
        } else {
            for index in 0..<loop.length { result[index] += source[index] }
        }
    }

    private func raise(_ index: Int, _ run: Run) {
        let (source, result) = addresses(index, run)
        if loop.step(1) == 0 {
            result[0] = max(result[0], VectorMath.maximum(source, loop.length))
        } else {
            for index in 0..<loop.length {
                result[index] = result[index] < source[index] ? source[index] : result[index]
            }
        }
    }

    private func addresses(_ index: Int, _ run: Run) -> (UnsafePointer<Float>, UnsafeMutablePointer<Float>) {
        (
            UnsafePointer(run[input.value]) + loop.start(0, run: index),
            run[output.value] + loop.start(1, run: index)
        )
    }
}
