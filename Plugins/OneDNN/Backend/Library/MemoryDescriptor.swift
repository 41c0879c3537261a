import CDNNL
import VireoTensor

/// The extents and the element type of a tensor and the order of its elements in memory: row-major, permuted, or
/// blocked (`nChw16c`: channels in groups of 16, the last group filled up with zeros).
///
/// oneDNN has no rank 0: a scalar is described as one element of rank 1.
struct MemoryDescriptor {
    var raw: dnnl_memory_desc_t

    init(_ raw: dnnl_memory_desc_t) { self.raw = raw }

    init(rowMajor dimensions: [Int], _ type: DataType = .f32) throws(VireoError) {
        let extents = dimensions.isEmpty ? [1] : dimensions
        try self.init(extents, strides: Shape(extents).strides, type)
    }

    /// - Parameter strides: distances between neighbours, in elements.
    init(_ dimensions: [Int], strides: [Int], _ type: DataType = .f32) throws(VireoError) {
        raw = dnnl_memory_desc_t()
        try check(
            dnnl_memory_desc_init_by_strides(
                &raw, Int32(dimensions.count), dimensions.map(Int64.init), type.raw, strides.map(Int64.init)),
            "a row-major layout of \(dimensions)")
    }

    /// A tensor whose layout the primitive chooses.
    init(anyLayout dimensions: [Int], _ type: DataType = .f32) throws(VireoError) {
        raw = dnnl_memory_desc_t()
        try check(
            dnnl_memory_desc_init_by_tag(
                &raw, Int32(dimensions.count), dimensions.map(Int64.init), type.raw, dnnl_format_tag_any),
            "a free layout of \(dimensions)")
    }

    /// Images with the channels of a pixel next to each other; other ranks than those of images are row-major.
    init(channelsLast dimensions: [Int], _ type: DataType) throws(VireoError) {
        guard (3...5).contains(dimensions.count) else {
            try self.init(rowMajor: dimensions, type)
            return
        }
        let order = [0] + Array(2..<dimensions.count) + [1]
        var strides = dimensions
        var stride = 1
        for axis in order.reversed() {
            strides[axis] = stride
            stride *= dimensions[axis]
        }
        try self.init(dimensions, strides: strides, type)
    }

    /// The same places for elements of another type.
    func with(_ type: DataType) -> MemoryDescriptor {
        var result = raw
        result.data_type = type.raw
        return MemoryDescriptor(result)
    }

    var type: DataType { DataType(raw) }
    var rank: Int { Int(raw.ndims) }
    var dimensions: [Int] { elements(of: raw.dims) }
    private var paddedDimensions: [Int] { elements(of: raw.padded_dims) }
    private var strides: [Int] { elements(of: raw.format_desc.blocking.strides) }

    /// Bytes from the start of the memory to its last element, including what fills up blocks.
    var byteCount: Int {
        var raw = raw
        return dnnl_memory_desc_get_size(&raw)
    }

    /// Elements before the first.
    var offset: Int { Int(raw.offset0) }

    private func elements<Tuple>(of tuple: Tuple) -> [Int] {
        Swift.withUnsafeBytes(of: tuple) { $0.bindMemory(to: Int64.self).prefix(rank).map { Int($0) } }
    }
}

extension MemoryDescriptor: Equatable {
    static func == (a: MemoryDescriptor, b: MemoryDescriptor) -> Bool {
        var (first, second) = (a.raw, b.raw)
        return dnnl_memory_desc_equal(&first, &second) != 0
    }
}

// MARK: - Other views of the same memory

extension MemoryDescriptor {
    /// Axis `i` of the result is axis `order[i]` of this one.
    func transposed(by order: [Int]) throws(VireoError) -> MemoryDescriptor {
        var permutation = [Int32](repeating: 0, count: order.count)
        for (axis, source) in order.enumerated() { permutation[source] = Int32(axis) }
        var source = raw
        var result = dnnl_memory_desc_t()
        try check(
            dnnl_memory_desc_permute_axes(&result, &source, permutation), "transposing \(dimensions) by \(order)")
        return MemoryDescriptor(result)
    }

    /// The part of the tensor that begins at `offsets`. Nil where it would cut through a block.
    func region(of dimensions: [Int], at offsets: [Int]) -> MemoryDescriptor? {
        var parent = raw
        var result = dnnl_memory_desc_t()
        let status = dnnl_memory_desc_init_submemory(
            &result, &parent, dimensions.map(Int64.init), offsets.map(Int64.init))
        return status == dnnl_success ? MemoryDescriptor(result) : nil
    }

    /// The same layout from the start of the memory on.
    var withoutOffset: MemoryDescriptor {
        var result = raw
        result.offset0 = 0
        return MemoryDescriptor(result)
    }

    /// The part of `region` that this is of `whole`, which begins at the start of its memory. All are plain layouts, and
    /// `region` has the extents of `whole`; nil for others.
    func moved(from whole: MemoryDescriptor, to region: MemoryDescriptor) -> MemoryDescriptor? {
        guard let own = plainStrides, let old = whole.plainStrides, let new = region.plainStrides, whole.offset == 0,
            whole.dimensions == region.dimensions, own.count == old.count,
            own.indices.allSatisfy({ dimensions[$0] == 1 || own[$0] == old[$0] })
        else { return nil }
        var (rest, place) = (offset, region.offset)
        for axis in old.indices.filter({ whole.dimensions[$0] > 1 }).sorted(by: { old[$0] > old[$1] }) {
            place += rest / old[axis] * new[axis]
            rest %= old[axis]
        }
        var result = raw
        withUnsafeMutableBytes(of: &result.format_desc.blocking.strides) { $0.copyBytes(from: bytes(of: new)) }
        result.offset0 = dnnl_dim_t(place)
        return MemoryDescriptor(result)
    }

    /// A tensor of its own with other extents in the same order and blocks; row-major where the order is not known.
    func sameLayout(for dimensions: [Int]) throws(VireoError) -> MemoryDescriptor {
        guard raw.format_kind == dnnl_blocked, dimensions.count == rank else {
            return try MemoryDescriptor(rowMajor: dimensions, type)
        }
        let blocks = innerBlocks
        var result = raw
        var padded = dimensions
        for axis in 0..<rank {
            let block = blocks.reduce(1) { $1.axis == axis ? $0 * $1.extent : $0 }
            padded[axis] = (dimensions[axis] + block - 1) / block * block
        }
        var stride = blocks.reduce(1) { $0 * $1.extent }
        var strides = self.strides
        // Where strides tie, an extent of 1 hides the order: the later axis is the inner one.
        let order = (0..<rank).sorted { (self.strides[$0], -$0) < (self.strides[$1], -$1) }
        for axis in order {
            strides[axis] = stride
            stride *= padded[axis] / blocks.reduce(1) { $1.axis == axis ? $0 * $1.extent : $0 }
        }
        withUnsafeMutableBytes(of: &result.dims) { $0.copyBytes(from: bytes(of: dimensions)) }
        withUnsafeMutableBytes(of: &result.padded_dims) { $0.copyBytes(from: bytes(of: padded)) }
        withUnsafeMutableBytes(of: &result.format_desc.blocking.strides) { $0.copyBytes(from: bytes(of: strides)) }
        result.offset0 = 0
        return MemoryDescriptor(result)
    }

    private func bytes(of numbers: [Int]) -> [UInt8] {
        numbers.map(Int64.init).withUnsafeBytes { Array($0) }
    }
}

// MARK: - The order of elements

extension MemoryDescriptor {
    /// One of the nested loops that visit the memory in order.
    private struct Loop: Equatable {
        let axis: Int
        var extent: Int
        var stride: Int
    }

    private var innerBlocks: [Loop] {
        let blocking = raw.format_desc.blocking
        let count = Int(blocking.inner_nblks)
        let axes = elements(of: blocking.inner_idxs, count)
        let extents = elements(of: blocking.inner_blks, count)
        var stride = 1
        var blocks: [Loop] = []
        for index in (0..<count).reversed() {
            blocks.append(Loop(axis: axes[index], extent: extents[index], stride: stride))
            stride *= extents[index]
        }
        return blocks.reversed()
    }

    private func elements<Tuple>(of tuple: Tuple, _ count: Int) -> [Int] {
        Swift.withUnsafeBytes(of: tuple) { $0.bindMemory(to: Int64.self).prefix(count).map { Int($0) } }
    }

    /// The loops from the outermost, without those of one turn; nil for layouts that only oneDNN understands.
    private var loops: [Loop]? {
        guard raw.format_kind == dnnl_blocked, raw.extra.flags == 0 else { return nil }
        let blocks = innerBlocks
        let padded = paddedDimensions
        let outer = (0..<rank).map { axis in
            let block = blocks.reduce(1) { $1.axis == axis ? $0 * $1.extent : $0 }
            return Loop(axis: axis, extent: padded[axis] / block, stride: strides[axis])
        }
        var loops: [Loop] = []
        for loop in (outer + blocks).filter({ $0.extent != 1 }).sorted(by: { $0.stride > $1.stride }) {
            if let last = loops.last, last.axis == loop.axis, last.stride == loop.stride * loop.extent {
                loops[loops.count - 1].extent *= loop.extent
                loops[loops.count - 1].stride = loop.stride
            } else {
                loops.append(loop)
            }
        }
        return loops
    }

    /// Whether both put every element of the same tensor at the same place. `nChw16c` of 1x1 images is row-major.
    func matches(_ other: MemoryDescriptor) -> Bool {
        if self == other { return true }
        guard type == other.type, dimensions == other.dimensions, paddedDimensions == other.paddedDimensions,
            offset == other.offset,
            let loops, let otherLoops = other.loops
        else { return false }
        return loops == otherLoops
    }

    /// Distances between neighbours, in elements; nil where the layout has blocks.
    var plainStrides: [Int]? {
        raw.format_kind == dnnl_blocked && raw.format_desc.blocking.inner_nblks == 0 ? strides : nil
    }

    var isRowMajor: Bool { (try? MemoryDescriptor(rowMajor: dimensions, type)).map(matches) ?? false }

    /// Whether blocks hold elements that are no part of the tensor. They are always zero.
    var isPadded: Bool { dimensions != paddedDimensions }
}
