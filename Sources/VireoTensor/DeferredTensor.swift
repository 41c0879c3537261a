/// Weights of many megabytes are not moved before somebody reads them: a tensor can stand for another one with its axes
/// in another order and factors multiplied in. Reading it whole computes it once and keeps the result; reading it piece
/// by piece keeps nothing.
extension Tensor {
    /// Smaller tensors are computed at once.
    private static let smallestDeferred = 1 << 16

    /// The tensor with axis i what axis order[i] is here.
    /// - Precondition: `order` is a permutation of the axes.
    /// - Throws: `unsupported` for elements narrower than a byte.
    public func transposed(_ order: [Int]) throws(VireoError) -> Tensor {
        precondition(order.sorted() == Array(shape.dimensions.indices), "\(order) is no order of \(shape.rank) axes")
        return try deferring(arrangement().transposed(order), Shape(order.map { shape[$0] }))
    }

    /// The f32 tensor with every element multiplied by the factor for its index along `axis`.
    /// - Precondition: the elements are f32, and there are as many factors as indices.
    public func scaled(by factors: [Float], along axis: Int) throws(VireoError) -> Tensor {
        precondition(elementType == .f32 && factors.count == shape[axis], "\(factors.count) factors for \(shape)")
        return try deferring(arrangement().scaled(by: factors, along: axis), shape)
    }

    /// A tensor whose elements lie in `storage` from `byteOffset` on, aligned or not.
    /// - Throws: `invalidArgument` when the storage is too small, `unsupported` for elements narrower than a byte.
    public init(
        _ elementType: ElementType, _ shape: Shape, unaligned storage: TensorStorage, byteOffset: Int = 0
    ) throws(VireoError) {
        let view = try Tensor(elementType, shape, viewing: storage, byteOffset: byteOffset)
        let width = elementType.byteWidth ?? 1
        guard UInt(bitPattern: storage.base + byteOffset) % UInt(width) != 0 else {
            self = view
            return
        }
        self = try view.deferring(view.arrangement(), shape)
    }

    /// What the elements are made of: those of a deferred tensor where its axes are still the same, else the bytes that
    /// are there.
    private func arrangement() throws(VireoError) -> Arrangement {
        if let arrangement = storage.arrangement, byteOffset == 0, byteCount == storage.byteCount {
            if arrangement.extents == shape.dimensions { return arrangement }
            if arrangement.factors.isEmpty, arrangement.strides == Shape(arrangement.extents).strides {
                return dense(arrangement.source, arrangement.byteOffset, arrangement.width)
            }
        }
        guard let width = elementType.byteWidth else {
            throw VireoError(.unsupported, "elements of \(elementType) cannot be moved one by one")
        }
        return dense(storage, byteOffset, width)
    }

    private func dense(_ storage: TensorStorage, _ byteOffset: Int, _ width: Int) -> Arrangement {
        Arrangement(
            source: storage, byteOffset: byteOffset, width: width, extents: shape.dimensions, strides: shape.strides,
            factors: [])
    }

    private func deferring(_ arrangement: Arrangement, _ shape: Shape) throws(VireoError) -> Tensor {
        let tensor = try Tensor(elementType, shape, viewing: TensorStorage(arrangement))
        if tensor.byteCount < Tensor.smallestDeferred { tensor.withUnsafeBytes { _ in } }
        return tensor
    }
}

// MARK: - Reading in pieces

extension Tensor {
    /// The ranges of bytes in which the elements can be read one after another without having all of them in memory: as
    /// long as `byteCount` allows, and never less than one index along the first axis longer than 1.
    public func pieces(ofAtMost byteCount: Int) -> [Range<Int>] {
        guard self.byteCount > 0 else { return [] }
        let row = pendingArrangement?.rowByteCount ?? 64
        let size = max(byteCount / row, 1) * row
        return stride(from: 0, to: self.byteCount, by: size).map { $0..<min($0 + size, self.byteCount) }
    }

    /// The bytes in one of `pieces`, for the duration of `body`.
    public func withUnsafeBytes<Result, Failure: Error>(
        of piece: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let arrangement = pendingArrangement else {
            return try withUnsafeBytes { (bytes) throws(Failure) in
                try body(UnsafeRawBufferPointer(rebasing: bytes[piece]))
            }
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: piece.count, alignment: TensorStorage.alignment)
        defer { buffer.deallocate() }
        arrangement.fill(buffer, range: piece)
        return try body(UnsafeRawBufferPointer(buffer))
    }

    /// How the elements are to be computed; nil when they are in memory or the tensor is a part of a deferred one.
    private var pendingArrangement: Arrangement? {
        guard byteCount == storage.byteCount, !storage.isPresent else { return nil }
        return storage.arrangement
    }
}
