import VireoIR
import VireoTensor

func clamp(_ operation: Clamp, _ call: Call) throws -> [Tensor] {
    let (lower, upper) = (operation.lower, operation.upper)
    switch call.elementType {
    case .f64: return [try map(call, nanoseconds: 1) { apply($0, $1, $2) { min(max($0, lower), upper) } }]
    case .i64:
        let low = integer(lower.rounded(.up))
        let high = integer(upper.rounded(.down))
        return [try map(call, nanoseconds: 1) { apply($0, $1, $2) { min(max($0, low), high) } }]
    default:
        let (low, high) = (Float(lower), Float(upper))
        return [try map(call, nanoseconds: 1) { apply($0, $1, $2) { min(max($0, low), high) } }]
    }
}

/// The integer, or the nearest that 64 bits hold.
private func integer(_ value: Double) -> Int64 { Int64(exactly: value) ?? (value < 0 ? .min : .max) }
