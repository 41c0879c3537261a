import VireoTensor

/// The values of shape arithmetic: what a graph computes from static shapes before it is run.
///
/// A Shape of a static input is a constant, and so is what Gather, Concat, StridedSlice, Convert and arithmetic make of
/// it. Only integers of rank 0 or 1 and at most `largestCount` elements are followed.
enum KnownValues {
    private static let largestCount = 64

    /// The outputs' values where they are known.
    static func outputs(
        of operation: any Operation, _ inputs: InferenceInputs, types: [ValueType]
    ) -> [Tensor?] {
        let nothing = types.map { _ in Tensor?.none }
        guard types.count == 1, let shape = types[0].shape.shape, shape.rank <= 1, shape.elementCount <= largestCount,
            [.i64, .i32].contains(types[0].elementType),
            let values = try? compute(operation, inputs, shape), values.count == shape.elementCount
        else { return nothing }
        let tensor =
            types[0].elementType == .i64
            ? Tensor(values.map { Int64($0) }, shape)
            : values.allSatisfy({ Int32(exactly: $0) != nil }) ? Tensor(values.map { Int32($0) }, shape) : nil
        return [tensor]
    }

    private static func compute(_ operation: any Operation, _ inputs: InferenceInputs, _ shape: Shape) throws -> [Int]?
    {
        switch operation {
        case is ShapeOf: return inputs[0].shape.shape?.dimensions
        case is Convert, is Squeeze, is Unsqueeze, is Reshape:
            guard inputs[0].elementType.isInteger else { return nil }
            return try inputs.integers(0)
        case is Concat:
            var joined: [Int] = []
            for index in 0..<inputs.count {
                guard let part = try inputs.integers(index) else { return nil }
                joined += part
            }
            return joined
        case is Gather:
            guard inputs[0].shape.rank == 1, let data = try inputs.integers(0), let indices = try inputs.integers(1)
            else { return nil }
            let positions = indices.map { $0 < 0 ? $0 &+ data.count : $0 }
            guard positions.allSatisfy(data.indices.contains) else { return nil }
            return positions.map { data[$0] }
        case let slice as StridedSlice:
            guard inputs[0].shape.rank == 1, let data = try inputs.integers(0), let begin = try inputs.integers(1),
                let end = try inputs.integers(2)
            else { return nil }
            let strides = inputs.count == 4 ? try inputs.integers(3) : nil
            let steps = try slice.plan([data.count], begin: begin, end: end, strides: strides)
            guard steps.count == 1, case .slice(let start, let stride, let count, _) = steps[0] else { return nil }
            return (0..<count).map { data[start + $0 * stride] }
        case let reduction as Reduction:
            guard inputs[0].shape.rank == 1, let data = try inputs.integers(0) else { return nil }
            switch reduction.kind {
            case .product: return folded(data, 1) { $0.multipliedReportingOverflow(by: $1) }
            case .sum: return folded(data, 0) { $0.addingReportingOverflow($1) }
            case .max: return data.max().map { [$0] }
            case .min: return data.min().map { [$0] }
            default: return nil
            }
        case let binary as BinaryElementwise where !binary.truncatesQuotients:
            guard let left = try inputs.integers(0), let right = try inputs.integers(1),
                left.count == 1 || left.count == shape.elementCount,
                right.count == 1 || right.count == shape.elementCount
            else { return nil }
            var result: [Int] = []
            for index in 0..<shape.elementCount {
                let (a, b) = (left[left.count == 1 ? 0 : index], right[right.count == 1 ? 0 : index])
                guard let value = apply(binary.kind, a, b) else { return nil }
                result.append(value)
            }
            return result
        default: return nil
        }
    }

    private static func folded(_ data: [Int], _ initial: Int, _ step: (Int, Int) -> (Int, Bool)) -> [Int]? {
        var total = initial
        for value in data {
            let (next, overflow) = step(total, value)
            if overflow { return nil }
            total = next
        }
        return [total]
    }

    private static func apply(_ kind: BinaryElementwise.Kind, _ a: Int, _ b: Int) -> Int? {
        let (value, overflow): (Int, Bool)
        switch kind {
        case .add: (value, overflow) = a.addingReportingOverflow(b)
        case .subtract: (value, overflow) = a.subtractingReportingOverflow(b)
        case .multiply: (value, overflow) = a.multipliedReportingOverflow(by: b)
        case .maximum: (value, overflow) = (max(a, b), false)
        case .minimum: (value, overflow) = (min(a, b), false)
        case .divide:
            guard b != 0, b != -1 else { return nil }
            let isRoundedUp = a % b != 0 && (a < 0) != (b < 0)
            (value, overflow) = (a / b - (isRoundedUp ? 1 : 0), false)
        default: return nil
        }
        return overflow ? nil : value
    }
}
