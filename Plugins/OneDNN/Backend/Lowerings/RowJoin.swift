import OneDNNKernels
import VireoTensor

/// Copies tensors side by side: for each position along the axes before the joined one, in the order of the memory, a
/// row of each. Its operands are the tensors and the result.
struct RowJoin: NativeKernel {
    /// The joined axis.
    private let axis: Int
    private let type: DataType
    /// In bytes.
    private let pieces: [(length: Int, offset: Int)]
    private let rowCount: Int
    private let distance: Int

    /// Whether `source` can be joined to others in `whole`: it lies in memory as that does, and there are rows enough to
    /// be shared among threads.
    static func takes(_ source: MemoryDescriptor, in whole: MemoryDescriptor, along axis: Int) -> Bool {
        guard let layout = try? whole.sameLayout(for: source.dimensions), source.matches(layout),
            let rows = Rows(of: whole, along: axis)
        else { return false }
        return rows.count >= 16
    }

    /// - Parameters:
    ///   - regions: where in `whole` the tensors go, each of which it `takes`.
    init(_ regions: [MemoryDescriptor], along axis: Int, in whole: MemoryDescriptor) {
        guard let rows = Rows(of: whole, along: axis) else { preconditionFailure("rows that nobody asked for") }
        self.axis = axis
        type = whole.type
        let width = whole.type.byteWidth
        pieces = regions.map { ($0.dimensions[axis] * rows.inner * width, $0.offset * width) }
        rowCount = rows.count
        distance = rows.distance * width
    }

    private init(_ other: RowJoin, distance: Int) {
        (axis, type, pieces, rowCount) = (other.axis, other.type, other.pieces, other.rowCount)
        self.distance = distance
    }

    var name: String { "join_rows_\(type)" }

    func run(_ operand: (Int) -> UnsafeMutablePointer<Float>) {
        withUnsafeTemporaryAllocation(of: vireo_rows.self, capacity: pieces.count) { rows in
            for (index, piece) in pieces.enumerated() {
                rows.initializeElement(
                    at: index, to: vireo_rows(source: operand(index), length: piece.length, offset: piece.offset))
            }
            vireo_join_rows(rows.baseAddress, Int32(pieces.count), rowCount, distance, operand(pieces.count))
        }
    }

    /// The first elements of other types than f32 cannot be told by counting those.
    func writing(_ operand: Int, as layout: MemoryDescriptor) -> (any NativeKernel)? {
        guard operand == pieces.count, type == .f32, let rows = Rows(of: layout, along: axis) else { return nil }
        return RowJoin(self, distance: rows.distance * type.byteWidth)
    }
}

/// The rows of a plain layout along an axis, in elements.
private struct Rows {
    let count: Int
    /// From one row to the next.
    let distance: Int
    /// From one position along the axis to the next.
    let inner: Int

    /// Nil unless the elements of a row lie next to each other and all rows are equally far from the next.
    init?(of layout: MemoryDescriptor, along axis: Int) {
        guard let strides = layout.plainStrides, !layout.isPadded else { return nil }
        let extents = layout.dimensions
        let axes = extents.indices.filter { $0 != axis && extents[$0] > 1 }.sorted { strides[$0] < strides[$1] }
        let inside = axes.filter { strides[$0] < strides[axis] }
        let outside = axes.filter { strides[$0] > strides[axis] }
        var size = 1
        for axis in inside {
            guard strides[axis] == size else { return nil }
            size *= extents[axis]
        }
        guard strides[axis] == size, let first = outside.first, strides[first] >= extents[axis] * size else {
            return nil
        }
        for (axis, next) in zip(outside, outside.dropFirst()) {
            guard strides[next] == strides[axis] * extents[axis] else { return nil }
        }
        count = outside.reduce(1) { $0 * extents[$1] }
        distance = strides[first]
        inner = size
    }
}
