/// Elements that are others with their axes in another order, and perhaps multiplied by a factor along some axes: a
/// recipe, computed range by range when the elements are read.
struct Arrangement: Sendable {
    /// One f32 factor for each index along an axis.
    struct Factors: Sendable {
        var axis: Int
        let values: [Float]
    }

    /// Where the elements come from. They need not be aligned there.
    let source: TensorStorage
    let byteOffset: Int
    /// Bytes of an element: 1, 2, 4 or 8.
    let width: Int
    /// The shape of the result.
    let extents: [Int]
    /// For each axis of the result, how many elements of the source its neighbours are apart.
    let strides: [Int]
    /// Applied one after another.
    let factors: [Factors]

    var byteCount: Int { extents.reduce(width, *) }

    /// The same elements with axis i of the result what axis order[i] is here.
    func transposed(_ order: [Int]) -> Arrangement {
        Arrangement(
            source: source, byteOffset: byteOffset, width: width, extents: order.map { extents[$0] },
            strides: order.map { strides[$0] },
            factors: factors.map { Factors(axis: order.firstIndex(of: $0.axis) ?? $0.axis, values: $0.values) })
    }

    func scaled(by values: [Float], along axis: Int) -> Arrangement {
        Arrangement(
            source: source, byteOffset: byteOffset, width: width, extents: extents, strides: strides,
            factors: factors + [Factors(axis: axis, values: values)])
    }

    // MARK: Ranges

    /// The result's axes longer than 1, those that follow each other in the source too merged into one.
    private var axes: [(extent: Int, stride: Int)] {
        var axes: [(extent: Int, stride: Int)] = []
        for (extent, stride) in zip(extents, strides) where extent != 1 {
            if let last = axes.last, last.stride == stride * extent {
                axes[axes.count - 1] = (last.extent * extent, stride)
            } else {
                axes.append((extent, stride))
            }
        }
        return axes.isEmpty ? [(1, 1)] : axes
    }

    /// Bytes of the smallest range that can be computed by itself, which all ranges are multiples of.
    var rowByteCount: Int { axes.dropFirst().reduce(width) { $0 * $1.extent } }

    /// Computes a range of the result's bytes.
    /// - Precondition: `range` begins and ends at multiples of `rowByteCount`, and `target` has its size.
    func fill(_ target: UnsafeMutableRawBufferPointer, range: Range<Int>) {
        guard let base = target.baseAddress, !range.isEmpty else { return }
        let rows = range.lowerBound / rowByteCount..<range.upperBound / rowByteCount
        let from = UnsafeRawPointer(source.base + byteOffset)
        switch width {
        case 1: copy(from, base, rows, UInt8.self)
        case 2: copy(from, base, rows, UInt16.self)
        case 4: copy(from, base, rows, UInt32.self)
        default: copy(from, base, rows, UInt64.self)
        }
        for factors in factors {
            multiply(target.bindMemory(to: Float.self), by: factors, first: range.lowerBound / width)
        }
    }

    /// How many neighbours in the source are moved together: the lines of as many rows of the result stay in the cache.
    private static let tile = 16

    private func copy<Element: FixedWidthInteger>(
        _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ rows: Range<Int>, _: Element.Type
    ) {
        var axes = axes
        let from = source + rows.lowerBound * axes[0].stride * width
        axes[0].extent = rows.count
        let count = axes.count
        // What neighbours along each axis are apart in the result.
        var steps = [Int](repeating: 1, count: count)
        for axis in (0..<count - 1).reversed() { steps[axis] = steps[axis + 1] * axes[axis + 1].extent }
        let last = axes[count - 1]
        // Along this axis the source's elements are neighbours.
        let dense = axes.indices.min { axes[$0].stride < axes[$1].stride } ?? 0
        guard dense != count - 1 else {
            let run = last.extent * width
            forEachPosition(axes, steps, skipping: [count - 1]) { read, written in
                (target + written * width).copyMemory(from: from + read * width, byteCount: run)
            }
            return
        }
        let step = steps[dense] * width
        for start in stride(from: 0, to: axes[dense].extent, by: Arrangement.tile) {
            let lines = min(Arrangement.tile, axes[dense].extent - start)
            forEachPosition(axes, steps, skipping: [dense, count - 1]) { read, written in
                var read = from + (read + start) * width
                var written = target + written * width + start * step
                for _ in 0..<last.extent {
                    for line in 0..<lines {
                        let element = read.loadUnaligned(fromByteOffset: line &* width, as: Element.self)
                        written.storeBytes(of: element, toByteOffset: line &* step, as: Element.self)
                    }
                    read += last.stride &* width
                    written += width
                }
            }
        }
    }

    /// Calls `body` with the place in the source and in the result for each index along all axes but `skipped`.
    private func forEachPosition(
        _ axes: [(extent: Int, stride: Int)], _ steps: [Int], skipping skipped: [Int], _ body: (Int, Int) -> Void
    ) {
        let outer = axes.indices.filter { !skipped.contains($0) }
        var index = [Int](repeating: 0, count: axes.count)
        var (read, written) = (0, 0)
        while true {
            body(read, written)
            var advanced = false
            for axis in outer.reversed() {
                index[axis] += 1
                read += axes[axis].stride
                written += steps[axis]
                if index[axis] < axes[axis].extent {
                    advanced = true
                    break
                }
                read -= axes[axis].stride * axes[axis].extent
                written -= steps[axis] * axes[axis].extent
                index[axis] = 0
            }
            guard advanced else { return }
        }
    }

    /// - Parameter first: the number that the first of `elements` has in the result.
    private func multiply(_ elements: UnsafeMutableBufferPointer<Float>, by factors: Factors, first: Int) {
        let inner = extents[(factors.axis + 1)...].reduce(1, *)
        var position = 0
        while position < elements.count {
            let run = (first + position) / inner
            let end = min((run + 1) * inner - first, elements.count)
            let factor = factors.values[run % factors.values.count]
            while position < end {
                elements[position] *= factor
                position += 1
            }
        }
    }
}
