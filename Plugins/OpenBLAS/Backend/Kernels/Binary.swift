import VireoPluginKit
import VireoTensor

/// Operations on two numbers, with numpy's broadcasting. PReLU is one of them: its slopes run along axis 1.
struct Binary: FusingKernel {
    private enum Function: Sendable {
        case add
        case subtract
        case multiply
        case divide
        case maximum
        case minimum
        case prelu
    }

    private let a: Operand
    private let b: Operand
    private var output: Int
    private var finish = Finish.nothing
    private let function: Function
    /// Operands a, b and the output.
    private let loop: StridedLoop

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        a = try graph.operand(0, of: node)
        b = try graph.operand(1, of: node)
        let result = try graph.result(of: node)
        output = result.value
        let rule = node.attributes["auto_broadcast"] == nil ? "numpy" : try node.string("auto_broadcast")
        guard rule == "numpy" || a.dimensions == b.dimensions else {
            throw refusal("\(node.opType) with auto_broadcast \"\(rule)\", and only numpy is implemented")
        }
        var dimensions = b.dimensions
        switch node.opType {
        case "Add": function = .add
        case "Subtract": function = .subtract
        case "Multiply": function = .multiply
        case "Divide": function = .divide
        case "Maximum": function = .maximum
        case "Minimum": function = .minimum
        case "PReLU":
            function = .prelu
            if b.rank == 1, b.count > 1, a.rank > 1 { dimensions += [Int](repeating: 1, count: a.rank - 2) }
        default: throw refusal("\(node.opType) is no function of two numbers")
        }
        guard let stridesA = StridedLoop.broadcast(a.dimensions, to: result.dimensions),
            let stridesB = StridedLoop.broadcast(dimensions, to: result.dimensions),
            let strides = StridedLoop.broadcast(result.dimensions, to: result.dimensions)
        else { throw refusal("\(node.opType) of \(a.dimensions) and \(b.dimensions) to \(result.dimensions)") }
        loop = StridedLoop(result.dimensions, strides: [stridesA, stridesB, strides])
    }

    var abilities: Epilogue.Abilities { .activations }
    var channelAxis: Int { 0 }
    var execType: String { "elementwise" }
    var reads: [Int] { [a.value, b.value] }
    var writes: [Int] { [output] }

    mutating func fuse(_ epilogue: Epilogue) {
        output = epilogue.output
        finish = Finish(epilogue)
    }

    func run(_ run: Run) {
        run.forPieces(of: loop) { index, part in
            let a = run[a.value] + loop.start(0, run: index) + part.lowerBound * loop.step(0)
            let b = run[b.value] + loop.start(1, run: index) + part.lowerBound * loop.step(1)
            let destination = run[output] + loop.start(2, run: index) + part.lowerBound
            switch function {
            case .add: apply(a, b, destination, part.count) { $0 + $1 }
            case .subtract: apply(a, b, destination, part.count) { $0 - $1 }
            case .multiply: apply(a, b, destination, part.count) { $0 * $1 }
            case .divide: apply(a, b, destination, part.count) { $0 / $1 }
            case .maximum: apply(a, b, destination, part.count) { $0 < $1 ? $1 : $0 }
            case .minimum: apply(a, b, destination, part.count) { $0 > $1 ? $1 : $0 }
            case .prelu: apply(a, b, destination, part.count) { $0 < 0 ? $0 * $1 : $0 }
            }
            finish.channel(0, destination, part.count, adding: nil)
        }
    }

    /// Combines two rows, or a row and a number where an operand does not move along the run.
    @inline(__always)
    private func apply(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>, _ count: Int,
        _ function: (Float, Float) -> Float
    ) {
        switch (loop.step(0), loop.step(1)) {
        case (0, 0): destination.update(repeating: function(a[0], b[0]), count: count)
        case (_, 0):
            let number = b[0]
            for index in 0..<count { destination[index] = function(a[index], number) }
        case (0, _):
            let number = a[0]
            for index in 0..<count { destination[index] = function(number, b[index]) }
        default: for index in 0..<count { destination[index] = function(a[index], b[index]) }
        }
    }
}
