import VireoIR
import VireoTensor

func binary(_ operation: BinaryElementwise, _ call: Call) throws -> [Tensor] {
    switch call.elementType {
    case .i64: [try integers(operation, call)]
    case .f64: [try reals(operation.kind, call, Double.self)]
    default: [try reals(operation.kind, call, Float.self)]
    }
}

/// A run of elements of two operands, each read along (stride 1) or repeated (stride 0), and where the results go.
struct BinaryRun<Element, Value> {
    let left: UnsafePointer<Element>
    let leftStride: Int
    let right: UnsafePointer<Element>
    let rightStride: Int
    let result: UnsafeMutablePointer<Value>
    let count: Int
}

/// A tensor of `shape` that `row` computes run by run from two operands, broadcast.
func combine<Element: Scalar, Value: TensorElement>(
    _ left: Tensor, _ right: Tensor, _ shape: Shape, nanoseconds: Double, _ row: (BinaryRun<Element, Value>) -> Void
) throws -> Tensor {
    let loop = try BroadcastLoop([left.shape, right.shape], to: shape)
    return try left.withUnsafeElements(of: Element.self) { left in
        try right.withUnsafeElements(of: Element.self) { right in
            try .making(shape) { (result: UnsafeMutableBufferPointer<Value>) in
                loop.forEachRun(nanoseconds: nanoseconds) { start, count, operands in
                    row(
                        BinaryRun(
                            left: left.baseAddress! + operands[0].offset, leftStride: operands[0].stride,
                            right: right.baseAddress! + operands[1].offset, rightStride: operands[1].stride,
                            result: result.baseAddress! + start, count: count))
                }
            }
        }
    }
}

/// One loop for each way in which operands repeat, so that each becomes vector instructions.
@inline(__always)
func apply<Element, Value>(_ run: BinaryRun<Element, Value>, _ function: (Element, Element) -> Value) {
    switch (run.leftStride, run.rightStride) {
    case (1, 1): for index in 0..<run.count { run.result[index] = function(run.left[index], run.right[index]) }
    case (1, 0):
        let right = run.right[0]
        for index in 0..<run.count { run.result[index] = function(run.left[index], right) }
    case (0, 1):
        let left = run.left[0]
        for index in 0..<run.count { run.result[index] = function(left, run.right[index]) }
    default:
        let value = function(run.left[0], run.right[0])
        for index in 0..<run.count { run.result[index] = value }
    }
}

private func reals<Element: Real>(
    _ kind: BinaryElementwise.Kind, _ call: Call, _ type: Element.Type
) throws -> Tensor {
    func values(_ row: (BinaryRun<Element, Element>) -> Void) throws -> Tensor {
        try combine(call.inputs[0], call.inputs[1], call.shape, nanoseconds: kind == .power ? 20 : 1, row)
    }
    func truths(_ row: (BinaryRun<Element, Bool>) -> Void) throws -> Tensor {
        try combine(call.inputs[0], call.inputs[1], call.shape, nanoseconds: 1, row)
    }
    return switch kind {
    case .add: try values { apply($0) { $0 + $1 } }
    case .subtract: try values { apply($0) { $0 - $1 } }
    case .multiply: try values { apply($0) { $0 * $1 } }
    case .divide: try values { apply($0) { $0 / $1 } }
    case .maximum: try values { apply($0) { max($0, $1) } }
    case .minimum: try values { apply($0) { min($0, $1) } }
    case .power: try values { apply($0) { Element.pow($0, $1) } }
    case .squaredDifference: try values { apply($0) { ($0 - $1) * ($0 - $1) } }
    case .mod: try values { apply($0) { Element.remainder($0, $1) } }
    case .floorMod: try values { apply($0) { floorMod($0, $1) } }
    case .equal: try truths { apply($0) { $0 == $1 } }
    case .notEqual: try truths { apply($0) { $0 != $1 } }
    case .less: try truths { apply($0) { $0 < $1 } }
    case .lessEqual: try truths { apply($0) { $0 <= $1 } }
    case .greater: try truths { apply($0) { $0 > $1 } }
    case .greaterEqual: try truths { apply($0) { $0 >= $1 } }
    case .logicalAnd: try truths { apply($0) { $0 != 0 && $1 != 0 } }
    case .logicalOr: try truths { apply($0) { $0 != 0 || $1 != 0 } }
    case .logicalXor: try truths { apply($0) { ($0 != 0) != ($1 != 0) } }
    }
}

private func integers(_ operation: BinaryElementwise, _ call: Call) throws -> Tensor {
    let kind = operation.kind
    func values(_ row: (BinaryRun<Int64, Int64>) -> Void) throws -> Tensor {
        try combine(call.inputs[0], call.inputs[1], call.shape, nanoseconds: 2, row)
    }
    func truths(_ row: (BinaryRun<Int64, Bool>) -> Void) throws -> Tensor {
        try combine(call.inputs[0], call.inputs[1], call.shape, nanoseconds: 1, row)
    }
    if [.divide, .mod, .floorMod].contains(kind) {
        guard try call.inputs[1].array(of: Int64.self).allSatisfy({ $0 != 0 }) else {
            throw VireoError(.invalidArgument, "\(kind.rawValue) of integers by zero")
        }
    }
    return switch kind {
    case .add: try values { apply($0) { $0 &+ $1 } }
    case .subtract: try values { apply($0) { $0 &- $1 } }
    case .multiply: try values { apply($0) { $0 &* $1 } }
    case .divide:
        try operation.truncatesQuotients
            ? values { apply($0) { $1 == -1 ? 0 &- $0 : $0 / $1 } } : values { apply($0) { floorDivide($0, $1) } }
    case .maximum: try values { apply($0) { max($0, $1) } }
    case .minimum: try values { apply($0) { min($0, $1) } }
    case .power: try values { apply($0) { power($0, $1) } }
    case .squaredDifference: try values { apply($0) { ($0 &- $1) &* ($0 &- $1) } }
    case .mod: try values { apply($0) { $1 == -1 ? 0 : $0 % $1 } }
    case .floorMod: try values { apply($0) { $0 &- floorDivide($0, $1) &* $1 } }
    case .equal: try truths { apply($0) { $0 == $1 } }
    case .notEqual: try truths { apply($0) { $0 != $1 } }
    case .less: try truths { apply($0) { $0 < $1 } }
    case .lessEqual: try truths { apply($0) { $0 <= $1 } }
    case .greater: try truths { apply($0) { $0 > $1 } }
    case .greaterEqual: try truths { apply($0) { $0 >= $1 } }
    case .logicalAnd: try truths { apply($0) { $0 != 0 && $1 != 0 } }
    case .logicalOr: try truths { apply($0) { $0 != 0 || $1 != 0 } }
    case .logicalXor: try truths { apply($0) { ($0 != 0) != ($1 != 0) } }
    }
}

/// The remainder with the sign of the divisor.
private func floorMod<Element: Real>(_ x: Element, _ y: Element) -> Element {
    let remainder = Element.remainder(x, y)
    return remainder != 0 && (remainder < 0) != (y < 0) ? remainder + y : remainder
}

/// The quotient rounded down, as in Python. The divisor is not zero.
private func floorDivide(_ x: Int64, _ y: Int64) -> Int64 {
    if y == -1 { return 0 &- x }
    let (quotient, remainder) = x.quotientAndRemainder(dividingBy: y)
    return remainder != 0 && (remainder < 0) != (y < 0) ? quotient - 1 : quotient
}

/// A negative exponent leaves what truncation leaves of the fraction.
private func power(_ base: Int64, _ exponent: Int64) -> Int64 {
    if exponent < 0 { return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0 }
    var (result, square, rest) = (Int64(1), base, exponent)
    while rest > 0 {
        if rest & 1 == 1 { result = result &* square }
        square = square &* square
        rest >>= 1
    }
    return result
}
