import Glibc
import VireoIR
import VireoTensor

func fourierTransform(_ operation: FourierTransform, _ call: Call) throws -> [Tensor] {
    let isReal = operation.kind == .real
    let shape = isReal ? call.inputs[0].shape.dimensions : Array(call.inputs[0].shape.dimensions.dropLast())
    let extents = call.inputs.count == 3 ? try call.integers(2) : nil
    let plan = try operation.plan(rank: shape.count, axes: try call.integers(1), extents: extents)
    let numbers = try call.inputs[0].doubles()
    var spectrum = Spectrum(
        shape: shape,
        elements: isReal
            ? numbers.map { SIMD2($0, 0) }
            : stride(from: 0, to: numbers.count, by: 2).map { SIMD2(numbers[$0], numbers[$0 + 1]) })
    for (index, (axis, extent)) in zip(plan.axes, plan.extents).enumerated() {
        let isHalf = operation.kind == .inverseReal && index == plan.axes.count - 1
        let size = extent ?? (isHalf ? 2 * max(shape[axis] - 1, 0) : shape[axis])
        if isHalf {
            try spectrum.mapRows(axis, to: size) { mirrored($0, size) }
        } else if size != shape[axis] {
            try spectrum.mapRows(axis, to: size) { row in
                Array(row.prefix(size)) + Array(repeating: .zero, count: max(size - row.count, 0))
            }
        }
        guard size > 0 else { continue }
        let transform = Transform(size, isInverse: operation.isInverse)
        try spectrum.mapRows(axis, to: size) { transform($0) }
    }
    if isReal, let last = plan.axes.last {
        let half = spectrum.shape[last] / 2 + 1
        try spectrum.mapRows(last, to: half) { row in
            Array(row.prefix(half)) + Array(repeating: .zero, count: max(half - row.count, 0))
        }
    }
    let values =
        operation.kind == .inverseReal ? spectrum.elements.map(\.x) : spectrum.elements.flatMap { [$0.x, $0.y] }
    return [
        call.elementType == .f64 ? Tensor(values, call.shape) : Tensor(values.map { Float($0) }, call.shape)
    ]
}

/// Complex numbers in row-major order.
private struct Spectrum {
    var shape: [Int]
    var elements: [SIMD2<Double>]

    /// Replaces every row along an axis by one of `extent` elements.
    mutating func mapRows(_ axis: Int, to extent: Int, _ body: ([SIMD2<Double>]) -> [SIMD2<Double>]) throws {
        let length = shape[axis]
        let inner = shape[(axis + 1)...].reduce(1, *)
        let outer = shape[..<axis].reduce(1, *)
        shape[axis] = extent
        var result = [SIMD2<Double>](repeating: .zero, count: try Shape(validating: shape).elementCount)
        for line in 0..<outer * inner {
            let (block, offset) = line.quotientAndRemainder(dividingBy: inner)
            let first = block * length * inner + offset
            let row = body((0..<length).map { elements[first + $0 * inner] })
            for (index, element) in row.enumerated() { result[(block * extent + index) * inner + offset] = element }
        }
        elements = result
    }
}

/// The whole of a spectrum of real numbers from its first half.
private func mirrored(_ half: [SIMD2<Double>], _ size: Int) -> [SIMD2<Double>] {
    (0..<size).map { index in
        let place = index <= size / 2 ? index : size - index
        guard place < half.count else { return .zero }
        return index <= size / 2 ? half[place] : SIMD2(half[place].x, -half[place].y)
    }
}

/// The transform of rows of one length, by Cooley's and Tukey's division into the prime factors of the length.
private struct Transform {
    private let count: Int
    private let isInverse: Bool
    /// The powers of the first root of one.
    private let roots: [SIMD2<Double>]

    init(_ count: Int, isInverse: Bool) {
        self.count = count
        self.isInverse = isInverse
        let sign: Double = isInverse ? 1 : -1
        roots = (0..<count).map { index in
            let angle = sign * 2 * Double.pi * Double(index) / Double(count)
            return SIMD2(cos(angle), sin(angle))
        }
    }

    func callAsFunction(_ row: [SIMD2<Double>]) -> [SIMD2<Double>] {
        let result = transformed(row, first: 0, step: 1)
        return isInverse ? result.map { $0 / Double(count) } : result
    }

    /// The transform of every `step`th element.
    private func transformed(_ row: [SIMD2<Double>], first: Int, step: Int) -> [SIMD2<Double>] {
        let length = count / step
        guard length > 1 else { return [row[first]] }
        let factor = (2...length).first { length % $0 == 0 } ?? length
        let parts = (0..<factor).map { transformed(row, first: first + $0 * step, step: step * factor) }
        return (0..<length).map { index in
            var sum = SIMD2<Double>.zero
            for (number, part) in parts.enumerated() {
                let root = roots[number * index % length * step]
                let element = part[index % part.count]
                sum += SIMD2(root.x * element.x - root.y * element.y, root.x * element.y + root.y * element.x)
            }
            return sum
        }
    }
}
