import VireoIR
import VireoTensor

func concat(_ operation: Concat, _ call: Call) throws -> [Tensor] {
    let axis = try normalizedAxis(operation.axis, rank: call.shape.rank)
    let outer = call.shape.dimensions[..<axis].reduce(1, *)
    var result = try Tensor(zeros: call.elementType, call.shape)
    guard result.byteCount > 0 else { return [result] }
    let resultRow = result.byteCount / outer
    result.withUnsafeMutableBytes { joined in
        var start = 0
        for input in call.inputs {
            let row = input.byteCount / outer
            input.withUnsafeBytes { part in
                for index in 0..<outer {
                    let target = UnsafeMutableRawBufferPointer(rebasing: joined[(index * resultRow + start)...])
                    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: part[index * row..<(index + 1) * row]))
                }
            }
            start += row
        }
    }
    return [result]
}
