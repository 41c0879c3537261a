import CDNNL
import VireoPluginKit
import VireoTensor

/// Values as what reads them wants them: as they were computed, as real numbers of any type, or in f32.
extension PlanBuilder {
    /// The place of a value as f32, in whatever layout it has.
    func place(of value: Int) throws -> Place {
        let home = try stored(value)
        if home.descriptor.type == .f32 { return home }
        if let copy = copies[value].first(where: { $0.descriptor.type == .f32 }) { return copy }
        let copy = try converted(home, to: home.descriptor.with(.f32), on: nil)
        keep(copy, of: value)
        return copy
    }

    /// The place of a value as real numbers of whatever type it was computed in, and in whatever layout it has.
    func floating(_ value: Int) throws -> Place {
        let home = try stored(value)
        return home.grid == nil ? home : try place(of: value)
    }

    /// The value as real numbers in the layout and type `wanted`.
    func floating(_ value: Int, as wanted: MemoryDescriptor) throws -> Place {
        if wanted.type == .f32 { return try place(of: value, as: wanted) }
        let home = try floating(value)
        for place in [home] + copies[value] where place.grid == nil && place.descriptor.matches(wanted) {
            return Place(buffer: place.buffer, descriptor: wanted)
        }
        let copy = try copied(home, to: wanted)
        keep(copy, of: value)
        return copy
    }

    /// The value as it was computed, for operations that move numbers between channels.
    func movable(_ value: Int) throws -> Place {
        let home = try stored(value)
        return home.grid?.isPerTensor ?? true ? home : try place(of: value)
    }

    /// The value as it was computed, in row-major order.
    func storedRowMajor(_ value: Int) throws -> Place {
        let home = try movable(value)
        return try stored(home, as: MemoryDescriptor(rowMajor: home.descriptor.dimensions, home.descriptor.type))
    }

    /// The same numbers in the layout `wanted`.
    func stored(_ place: Place, as wanted: MemoryDescriptor) throws -> Place {
        var result = try inLayout(place, wanted)
        result.grid = place.grid
        return result
    }

    /// A copy of a tensor as integers of `grid`, or as real numbers where it is nil.
    func converted(_ source: Place, to wanted: MemoryDescriptor, on grid: Grid?) throws -> Place {
        let (from, to) = (source.grid?.scales ?? [1], grid?.scales ?? [1])
        let count = max(from.count, to.count)
        let scales = (0..<count).map { from[from.count == 1 ? 0 : $0] / to[to.count == 1 ? 0 : $0] }
        let scaling = Scaling(
            outputScales: scales, sourceZeroPoint: source.grid?.zeroPoint ?? 0,
            destinationZeroPoint: grid?.zeroPoint ?? 0)
        var copy = makeBuffer(wanted)
        copy.grid = grid
        if source.grid == nil, count == 1,
            let kernel = PlaneInterleaving(
                from: source.descriptor, to: wanted, scale: scales[0], shift: Float(grid?.zeroPoint ?? 0))
        {
            emit(kernel, [source, copy], opType: "Reorder")
            return copy
        }
        let kernel = try PrimitiveDescriptor.reorder(from: source.descriptor, to: wanted, scaling, on: engine)
        try emit(kernel, [(DNNL_ARG_FROM, source), (DNNL_ARG_TO, copy)], opType: "Reorder")
        return copy
    }
}

extension PlanBuilder {
    var usesIntegers: Bool { options.usesIntegers }

    /// The integers behind constant weights; nil when they are not quantized or are not to be used.
    func quantizedWeights(_ value: Int) -> QuantizedWeights? { usesIntegers ? quantizedConstants[value] : nil }

    /// Tries to lower the current node with integers.
    /// - Returns: whether it was; if not, the reason stands in the profile wherever integers were to be expected.
    func lowersAsIntegers(_ node: NodeView, _ lower: () throws -> Void) throws -> Bool {
        guard usesIntegers else { return false }
        do {
            try lower()
            return true
        } catch let refusal as VireoError where refusal.code == .unsupported {
            let isQuantized = try node.inputs.contains { value in
                guard value >= 0 else { return false }
                if quantizedConstants[value] != nil { return true }
                guard isPlaced(value), let grid = try stored(value).grid else { return false }
                return grid != Grid(itself: grid.type)
            }
            if isQuantized { note(refusal.message) }
            return false
        }
    }

    /// Says why the current node is not computed as was wished.
    func note(_ reason: String) { note = reason }
}
