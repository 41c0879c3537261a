import VireoIR
import VireoTensor

/// As its definition: products, a sum, a softmax.
func scaledDotProductAttention(_ operation: ScaledDotProductAttention, _ call: Call) throws -> [Tensor] {
    let (queries, keys, values) = (call.inputs[0], call.inputs[1], call.inputs[2])
    let width = queries.shape.dimensions.last ?? 1
    let scale = call.inputs.count == 5 ? try call.inputs[4].doubles().first ?? 1 : 1 / Double(width).squareRoot()
    let type = call.elementType
    let factor = try Tensor(type, .scalar, values: [scale])
    let scaled = try evaluate(BinaryElementwise(.multiply), [queries, factor])
    var scores = try evaluate(MatMul(transposeB: true), [scaled, keys])
    if let mask = try additiveMask(operation, call, scores.shape) {
        scores = try evaluate(BinaryElementwise(.add), [scores, mask])
    }
    return [try evaluate(MatMul(), [evaluate(SoftMax(axis: -1), [scores]), values])]
}

/// What is added to the scores: minus infinity where a query does not look.
private func additiveMask(_ operation: ScaledDotProductAttention, _ call: Call, _ scores: Shape) throws -> Tensor? {
    let type = call.elementType
    if operation.isCausal {
        let (rows, columns) = (scores[scores.rank - 2], scores[scores.rank - 1])
        let values = (0..<rows * columns).map { $0 % columns > $0 / columns ? -Double.infinity : 0 }
        return try Tensor(type, [rows, columns], values: values)
    }
    guard call.inputs.count > 3 else { return nil }
    let given = call.inputs[3]
    // Booleans arrive widened.
    guard given.elementType == .i64 else { return given }
    return try Tensor(type, given.shape, values: given.doubles().map { $0 == 0 ? -Double.infinity : 0 })
}

private func evaluate(_ operation: any Operation, _ inputs: [Tensor]) throws -> Tensor {
    try Reference.evaluate(
        operation, inputs, outputs: [ValueType(.dynamic, .unranked)], threads: Parallel.threadLimit)[0]
}
