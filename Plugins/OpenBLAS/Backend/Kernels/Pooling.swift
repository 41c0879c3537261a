import VireoPluginKit
import VireoTensor

/// MaxPool and AvgPool over NCHW.
struct Pooling: Kernel {
    private enum Method: Sendable {
        case maximum
        /// What each sum is multiplied with: a factor for the output row and one for the column.
        case average(rows: [Float], columns: [Float])
    }

    private let input: Operand
    private let output: Operand
    private let method: Method
    private let planes: PlaneLoop

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        input = try graph.operand(0, of: node)
        output = try graph.result(of: node)
        for index in node.outputs.dropFirst()
        where !graph.values[index].consumers.isEmpty || graph.values[index].isGraphOutput {
            throw refusal("\(node.opType) whose indices are used")
        }
        guard input.rank == output.rank, input.rank >= 3, input.dimensions[..<2] == output.dimensions[..<2] else {
            throw refusal("\(node.opType) of \(input.dimensions) to \(output.dimensions)")
        }
        let rounding = node.attributes["rounding_type"] == nil ? "floor" : try node.string("rounding_type")
        guard ["floor", "ceil", "ceil_torch"].contains(rounding) else {
            throw refusal("\(node.opType) with rounding_type \"\(rounding)\"")
        }
        let window = try Window(
            node, input: input.dimensions, output: output.dimensions, kernel: try node.integers("kernel"),
            roundsUp: rounding != "floor")
        if node.opType == "MaxPool" {
            method = .maximum
        } else {
            // As OpenVINO has it, pads that count do so for whole windows, also where a rounded-up extent reaches past
            // them.
            let countsPads = !(try node.boolean("exclude-pad")) && window.hasPads
            method = .average(
                rows: (0..<window.output.height).map {
                    1 / Float(countsPads ? window.kernel.height : max(1, window.rowsInside($0)))
                },
                columns: (0..<window.output.width).map {
                    1 / Float(countsPads ? window.kernel.width : max(1, window.columnsInside($0)))
                })
        }
        planes = PlaneLoop(window, planes: input.dimensions[0] * input.dimensions[1])
    }

    var execType: String {
        switch method {
        case .maximum: "max_direct"
        case .average: "average_direct"
        }
    }

    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }
    func workspaceCount(threads: Int) -> Int { threads * planes.bandCount }

    func run(_ run: Run) {
        let window = planes.band.window
        planes.forEach(run) { plane, rows, memory in
            let source = run[input.value] + plane * window.input.count
            let width = window.output.width
            let destination = run[output.value] + plane * window.output.count + rows.lowerBound * width
            switch method {
            case .maximum:
                planes.band.fill(memory, from: source, outputRows: rows, padding: -.infinity)
                planes.band.slide(memory, rows: rows.count, into: destination, Maximum())
            case .average(let rowFactors, let columnFactors):
                planes.band.fill(memory, from: source, outputRows: rows, padding: 0)
                planes.band.slide(memory, rows: rows.count, into: destination, Sum())
                columnFactors.withUnsafeBufferPointer { columns in
                    for row in 0..<rows.count {
                        let factor = rowFactors[rows.lowerBound + row]
                        let numbers = destination + row * width
                        for column in 0..<width { numbers[column] *= factor * columns[column] }
                    }
                }
            }
        }
    }

    private struct Maximum: TapFold {
        var initial: Float { -.infinity }

        @inline(__always)
        func fold(_ sum: SIMD16<Float>, _ numbers: SIMD16<Float>, tap: Int) -> SIMD16<Float> {
            sum.replacing(with: numbers, where: sum .< numbers)
        }

        @inline(__always)
        func fold(_ sum: SIMD8<Float>, _ numbers: SIMD8<Float>, tap: Int) -> SIMD8<Float> {
            sum.replacing(with: numbers, where: sum .< numbers)
        }
    }

    private struct Sum: TapFold {
        var initial: Float { 0 }

        @inline(__always)
        func fold(_ sum: SIMD16<Float>, _ numbers: SIMD16<Float>, tap: Int) -> SIMD16<Float> {
            sum + numbers
        }

        @inline(__always)
        func fold(_ sum: SIMD8<Float>, _ numbers: SIMD8<Float>, tap: Int) -> SIMD8<Float> {
            sum + numbers
        }
    }
}
