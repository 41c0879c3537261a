import CDNNL
import VireoPluginKit
import VireoTensor

/// How sums of products of integers become what a layer's reader wants: scales, a bias in units of the sums, and what
/// the kernel does before it stores. A bias also carries zero points, so that most layers need no other step.
struct IntegerEpilogue {
    /// Where the residual comes from.
    enum Residual {
        case none
        /// The destination's own memory holds it.
        case inPlace(Grid?)
        case operand(MemoryDescriptor, Grid?)
    }

    let scaling: Scaling
    let bias: [Float]?
    let postOperations: [PostOperation]
    /// The index of the post-operation that reads the residual, where it is an operand.
    private(set) var residualIndex: Int?
    /// Factors a channel, and the index of the post-operation that reads them.
    private(set) var factors: (index: Int, elements: [Float])?

    /// - Parameters:
    ///   - sums: for each output channel what one unit of its sum stands for.
    ///   - grid: what is stored; nil for f32.
    init(
        sums: [Float], sourceZeroPoint: Int32, tail: Tail, residual: Residual, to grid: Grid?, rank: Int
    ) throws(VireoError) {
        let ranges = tail.functions.map(Clip.init)
        let areClips = ranges.allSatisfy { $0 != nil }
        var clip = ranges.compactMap { $0 }.reduce(Clip.everything) { $0.followed(by: $1) }
        var operations: [PostOperation] = []
        // What is stored is `real / unit + zero`, until the last step.
        var unit = [Float](repeating: 1, count: sums.count)
        var zero: Float = 0
        var isFinal = grid == nil
        switch residual {
        case .operand(_, let other?) where areClips:
            unit = unit.map { _ in other.scales[0] }
            isFinal = false
        case .operand: break
        case .none, .inPlace:
            guard let grid, areClips else { break }
            if grid.isPerTensor {
                (unit, zero, isFinal) = (unit.map { _ in grid.scales[0] }, Float(grid.zeroPoint), true)
            } else if case .none = residual, clip.containsAll(of: grid) {
                (unit, zero, isFinal, clip) = (grid.scales, Float(grid.zeroPoint), true, .everything)
            }
        }
        var shift = zero
        switch residual {
        case .none: break
        case .inPlace(let other?):
            operations.append(.scaledSum(other.scales[0] / unit[0], zeroPoint: other.zeroPoint, other.type))
        case .inPlace(nil): operations.append(.sum)
        case .operand(let descriptor, let other):
            if let other, !areClips {
                throw VireoError(.unsupported, "a residual of \(other.type) before a function that is no clip")
            }
            if let other { shift -= Float(other.zeroPoint) }
            residualIndex = operations.count
            operations.append(.binary(dnnl_binary_add, descriptor))
        }
        if areClips {
            clip = clip.scaled(by: 1 / unit[0], shift: zero)
            if let grid, isFinal { clip = clip.within(grid) }
            if let function = clip.function { operations.append(.elementwise(function)) }
        }
        if let grid, !isFinal, !grid.isPerTensor {
            if !areClips { operations += tail.functions.map { .elementwise($0) } }
            factors = (operations.count, grid.scales.map { unit[0] / $0 })
            let extents = (0..<rank).map { $0 == 1 ? grid.scales.count : 1 }
            operations.append(.binary(dnnl_binary_mul, try MemoryDescriptor(rowMajor: extents)))
            if grid.zeroPoint != 0 {
                operations.append(.elementwise(.linear(scale: 1, shift: Float(grid.zeroPoint))))
            }
        } else {
            var functions = areClips ? [] : tail.functions
            if !isFinal {
                let scale = grid.map { unit[0] / $0.scales[0] } ?? unit[0]
                functions.append(.linear(scale: scale, shift: Float(grid?.zeroPoint ?? 0)))
                if let grid, let function = Clip.everything.within(grid).function { functions.append(function) }
            }
            operations += Elementwise.merged(functions).map { .elementwise($0) }
        }
        let outputScales = zip(sums, unit).map { $0 / $1 }
        let areEqual = outputScales.allSatisfy { $0 == outputScales[0] }
        scaling = Scaling(
            outputScales: areEqual ? [outputScales[0]] : outputScales, sourceZeroPoint: sourceZeroPoint)
        postOperations = operations
        let known = tail.bias
        bias =
            known == nil && shift == 0
            ? nil : sums.indices.map { (known?[$0] ?? 0) / sums[$0] + shift / outputScales[$0] }
    }
}

extension IntegerEpilogue {
    /// Whether a kernel can round to a grid after these functions. oneDNN 2.6 gets two linear functions before a
    /// conversion to integers wrong.
    static func rounds(after functions: [Elementwise]) -> Bool {
        functions.allSatisfy { Clip($0) != nil }
            || Elementwise.merged(functions + [.linear(scale: 1, shift: 0)]).count { $0.isLinear } < 2
    }
}

/// Limits that numbers are kept in.
struct Clip: Equatable {
    var lower: Float
    var upper: Float

    static let everything = Clip(lower: -.infinity, upper: .infinity)

    init(lower: Float, upper: Float) {
        self.lower = lower
        self.upper = upper
    }

    /// Nil for functions that do more than clip.
    init?(_ function: Elementwise) {
        switch function.algorithm {
        case dnnl_eltwise_relu where function.alpha == 0: self.init(lower: 0, upper: .infinity)
        case dnnl_eltwise_clip: self.init(lower: function.alpha, upper: function.beta)
        default: return nil
        }
    }

    func followed(by next: Clip) -> Clip {
        Clip(lower: min(max(lower, next.lower), next.upper), upper: max(min(upper, next.upper), next.lower))
    }

    func scaled(by factor: Float, shift: Float) -> Clip {
        Clip(lower: lower * factor + shift, upper: upper * factor + shift)
    }

    /// Whether no number of `grid`, which has a scale a channel, would be clipped.
    func containsAll(of grid: Grid) -> Bool {
        grid.scales.allSatisfy { scale in
            let integers = scaled(by: 1 / scale, shift: Float(grid.zeroPoint))
            return integers.lower < Float(grid.integers.lowerBound) + 0.5
                && integers.upper > Float(grid.integers.upperBound) - 0.5
        }
    }

    /// These limits, which are integers of `grid`, without those that the conversion to its type keeps by itself.
    func within(_ grid: Grid) -> Clip {
        let (lowest, highest) = (Float(grid.integers.lowerBound), Float(grid.integers.upperBound))
        var result = self
        if lower < lowest + 0.5 { result.lower = grid.isWholeType ? -.infinity : lowest }
        if upper > highest - 0.5 { result.upper = grid.isWholeType ? .infinity : highest }
        return result
    }

    var function: Elementwise? {
        if self == .everything { return nil }
        if lower == 0, upper == .infinity { return .relu }
        let most = Float.greatestFiniteMagnitude
        return Elementwise(dnnl_eltwise_clip, alpha: max(lower, -most), beta: min(upper, most))
    }
}
