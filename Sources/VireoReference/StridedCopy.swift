import VireoTensor

/// Copies a regular pattern of elements into dense memory: element (i, j, …) of the result is the source's element
/// `offset + i * strides[0] + j * strides[1] + …`. Transpose, Broadcast, Tile, StridedSlice and Split are all this.
struct StridedCopy {
    private var extents: [Int]
    private var strides: [Int]
    private let offset: Int

    /// Strides and offset count elements; a stride of 0 repeats, a negative one reverses.
    /// - Precondition: every element so named lies within the source.
    init(extents: [Int], strides: [Int], offset: Int = 0) {
        self.extents = []
        self.strides = []
        self.offset = offset
        for (extent, stride) in zip(extents, strides) where extent != 1 {
            if let last = self.strides.last, last == stride * extent {
                self.extents[self.extents.count - 1] *= extent
                self.strides[self.strides.count - 1] = stride
            } else {
                self.extents.append(extent)
                self.strides.append(stride)
            }
        }
        if self.extents.isEmpty {
            self.extents = [1]
            self.strides = [1]
        }
    }

    /// The tensor of `shape` that the pattern picks from `source`.
    func callAsFunction(_ source: Tensor, shape: Shape) throws -> Tensor {
        guard let width = source.elementType.byteWidth else {
            throw VireoError(.unsupported, "elements of \(source.elementType) cannot be moved one by one")
        }
        var result = try Tensor(zeros: source.elementType, shape)
        guard shape.elementCount > 0 else { return result }
        source.withUnsafeBytes { from in
            result.withUnsafeMutableBytes { to in
                switch width {
                case 1: copy(from.bindMemory(to: UInt8.self), to.bindMemory(to: UInt8.self))
                case 2: copy(from.bindMemory(to: UInt16.self), to.bindMemory(to: UInt16.self))
                case 4: copy(from.bindMemory(to: UInt32.self), to.bindMemory(to: UInt32.self))
                default: copy(from.bindMemory(to: UInt64.self), to.bindMemory(to: UInt64.self))
                }
            }
        }
        return result
    }

    private func copy<Element>(_ source: UnsafeBufferPointer<Element>, _ result: UnsafeMutableBufferPointer<Element>) {
        let run = extents[extents.count - 1]
        let stride = strides[strides.count - 1]
        let rows = result.count / run
        let from = source.baseAddress!
        let to = result.baseAddress!
        Parallel.forEach(rows, nanoseconds: Double(run)) { range in
            for row in range {
                let start = from + rowOffset(row)
                let row = to + row * run
                if stride == 1 {
                    row.update(from: start, count: run)
                } else {
                    for index in 0..<run { row[index] = start[index * stride] }
                }
            }
        }
    }

    /// Where the row with this number starts in the source.
    private func rowOffset(_ row: Int) -> Int {
        var rest = row
        var position = offset
        var axis = extents.count - 2
        while axis >= 0 {
            position += rest % extents[axis] * strides[axis]
            rest /= extents[axis]
            axis -= 1
        }
        return position
    }
}
