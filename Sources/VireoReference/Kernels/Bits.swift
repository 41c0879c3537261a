import VireoIR
import VireoTensor

func bitwise(_ operation: BitwiseElementwise, _ call: Call) throws -> [Tensor] {
    func integers(_ row: (BinaryRun<Int64, Int64>) -> Void) throws -> [Tensor] {
        [try combine(call.inputs[0], call.inputs[1], call.shape, nanoseconds: 1, row)]
    }
    return switch operation.kind {
    case .and: try integers { apply($0) { $0 & $1 } }
    case .or: try integers { apply($0) { $0 | $1 } }
    case .xor: try integers { apply($0) { $0 ^ $1 } }
    case .leftShift: try integers { apply($0) { $0 << $1 } }
    case .rightShift: try integers { apply($0) { $0 >> $1 } }
    }
}

func bitwiseNot(_ operation: BitwiseNot, _ call: Call) throws -> [Tensor] {
    var result = call.inputs[0]
    let isBoolean = result.elementType == .boolean
    result.withUnsafeMutableBytes { bytes in
        for index in bytes.indices { bytes[index] = isBoolean ? bytes[index] ^ 1 : ~bytes[index] }
    }
    return [result]
}

func floatPredicate(_ operation: FloatPredicate, _ call: Call) throws -> [Tensor] {
    let values = try call.inputs[0].doubles().map { value in
        switch operation.kind {
        case .isNaN: value.isNaN
        case .isFinite: value.isFinite
        case .isInf: value == .infinity && operation.detectsPositive || value == -.infinity && operation.detectsNegative
        }
    }
    return [Tensor(values, call.shape)]
}

func identity(_ operation: Identity, _ call: Call) throws -> [Tensor] { [call.inputs[0]] }

func convertLike(_ operation: ConvertLike, _ call: Call) throws -> [Tensor] {
    [try call.inputs[0].converted(to: call.inputs[1].elementType)]
}
