import VireoIR
import VireoTensor

func select(_ operation: Select, _ call: Call) throws -> [Tensor] {
    switch call.inputs[1].elementType.byteWidth {
    case 1: [try select(call, UInt8.self)]
    case 2: [try select(call, UInt16.self)]
    case 4: [try select(call, UInt32.self)]
    default: [try select(call, UInt64.self)]
    }
}

/// `Bits` has the width of an element, whatever it means.
private func select<Bits: BitwiseCopyable>(_ call: Call, _ type: Bits.Type) throws -> Tensor {
    let loop = try BroadcastLoop(call.inputs.map(\.shape), to: call.shape)
    var result = try Tensor(zeros: call.inputs[1].elementType, call.shape)
    call.inputs[0].withUnsafeBytes { condition in
        call.inputs[1].withUnsafeBytes { chosen in
            call.inputs[2].withUnsafeBytes { other in
                result.withUnsafeMutableBytes { result in
                    let (chosen, other) = (chosen.bindMemory(to: Bits.self), other.bindMemory(to: Bits.self))
                    let result = result.bindMemory(to: Bits.self)
                    loop.forEachRun(nanoseconds: 1) { start, count, operands in
                        for index in 0..<count {
                            let isTrue = condition[operands[0].offset + index * operands[0].stride] != 0
                            result[start + index] =
                                isTrue
                                ? chosen[operands[1].offset + index * operands[1].stride]
                                : other[operands[2].offset + index * operands[2].stride]
                        }
                    }
                }
            }
        }
    }
    return result
}
