import Glibc

/// A dense row-major array of elements, with value semantics: copies share memory until one is written.
public struct Tensor: Sendable {
    public let elementType: ElementType
    public let shape: Shape
    public let byteCount: Int
    private(set) var storage: TensorStorage
    private(set) var byteOffset: Int

    /// A tensor of zeros.
    /// - Throws: `unsupported` for types without a fixed width, `invalidArgument` when the size overflows.
    public init(zeros elementType: ElementType, _ shape: Shape) throws(VireoError) {
        let byteCount = try Tensor.byteCount(elementType, shape)
        self.init(elementType, shape, byteCount, TensorStorage(byteCount: byteCount), 0)
    }

    /// A view of `storage` from `byteOffset` on.
    /// - Throws: `invalidArgument` when the storage is too small.
    public init(
        _ elementType: ElementType, _ shape: Shape, viewing storage: TensorStorage, byteOffset: Int = 0
    ) throws(VireoError) {
        let byteCount = try Tensor.byteCount(elementType, shape)
        guard byteOffset >= 0, byteOffset <= storage.byteCount, byteCount <= storage.byteCount - byteOffset else {
            throw VireoError(
                .invalidArgument,
                "a tensor \(elementType)\(shape) needs \(byteCount) bytes at offset \(byteOffset), "
                    + "and the memory has \(storage.byteCount)")
        }
        self.init(elementType, shape, byteCount, storage, byteOffset)
    }

    /// A tensor that holds `elements` in row-major order; a list (rank 1) when `shape` is left out.
    /// - Precondition: the shape has as many elements as `elements`.
    public init<Element: TensorElement>(_ elements: [Element], _ shape: Shape? = nil) {
        let shape = shape ?? [elements.count]
        precondition(shape.elementCount == elements.count, "\(elements.count) elements for shape \(shape)")
        let byteCount = elements.count * MemoryLayout<Element>.stride
        let storage = TensorStorage(byteCount: byteCount)
        elements.withUnsafeBytes { source in
            if let base = source.baseAddress { storage.base.copyMemory(from: base, byteCount: byteCount) }
        }
        self.init(Element.elementType, shape, byteCount, storage, 0)
    }

    /// A scalar.
    public init<Element: TensorElement>(scalar value: Element) { self.init([value], .scalar) }

    private init(
        _ elementType: ElementType, _ shape: Shape, _ byteCount: Int, _ storage: TensorStorage, _ byteOffset: Int
    ) {
        self.elementType = elementType
        self.shape = shape
        self.byteCount = byteCount
        self.storage = storage
        self.byteOffset = byteOffset
    }

    private static func byteCount(_ elementType: ElementType, _ shape: Shape) throws(VireoError) -> Int {
        guard elementType.bitWidth != nil else {
            throw VireoError(.unsupported, "a tensor of element type \(elementType) has no fixed size")
        }
        guard let byteCount = elementType.byteCount(of: shape.elementCount) else {
            throw VireoError(.invalidArgument, "a tensor \(elementType)\(shape) is larger than memory can hold")
        }
        return byteCount
    }

    public var elementCount: Int { shape.elementCount }

    /// The same elements under another shape.
    /// - Throws: `invalidArgument` when the number of elements differs.
    public func reshaped(to shape: Shape) throws(VireoError) -> Tensor {
        guard shape.elementCount == elementCount else {
            throw VireoError(.invalidArgument, "\(elementCount) elements of shape \(self.shape) do not fill \(shape)")
        }
        return Tensor(elementType, shape, byteCount, storage, byteOffset)
    }
}

// MARK: - Files

extension Tensor {
    /// Equal only for tensors of equal bytes, in this process and in later ones. Tensors that view a mapped file are
    /// known by the file's identity (device, number, size, times of change) and their place in it, and not read; others
    /// by their bytes. Nil for a file that changed within the last seconds.
    public var fingerprint: Fingerprint? {
        switch storage.origin {
        case .memory: withUnsafeBytes { Fingerprint(of: $0) }
        case .file(let identity):
            identity.map { Fingerprint(of: [$0, Fingerprint(of: "\(byteOffset) \(byteCount)")]) }
        }
    }

    /// Whether the elements are in a file that is mapped into memory.
    public var isMapped: Bool {
        if case .file = storage.origin { true } else { false }
    }

    /// Gives back the memory in which the system keeps what was read of a mapped file. The elements stay as they are,
    /// and are read again when they are used. Does nothing for tensors in other memory.
    public func unload() {
        guard case .file = storage.origin else { return }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = (byteOffset + page - 1) / page * page
        let end = (byteOffset + byteCount) / page * page
        if start < end { madvise(storage.base + start, end - start, MADV_DONTNEED) }
    }
}

// MARK: - Access

extension Tensor {
    /// The elements as bytes, for the duration of `body`.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let bytes = UnsafeRawBufferPointer(start: storage.base + byteOffset, count: byteCount)
        let result = try body(bytes)
        withExtendedLifetime(storage) {}
        return result
    }

    /// The elements as writable bytes, for the duration of `body`; copies them first when they are shared.
    public mutating func withUnsafeMutableBytes<Result, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        if !isKnownUniquelyReferenced(&storage) || !storage.isWritable {
            let copy = TensorStorage(byteCount: byteCount)
            copy.base.copyMemory(from: storage.base + byteOffset, byteCount: byteCount)
            storage = copy
            byteOffset = 0
        }
        let result = try body(UnsafeMutableRawBufferPointer(start: storage.base + byteOffset, count: byteCount))
        withExtendedLifetime(storage) {}
        return result
    }

    /// The elements, for the duration of `body`.
    /// - Precondition: `Element` is the tensor's element type.
    public func withUnsafeElements<Element: TensorElement, Result, Failure: Error>(
        of type: Element.Type = Element.self, _ body: (UnsafeBufferPointer<Element>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(Element.elementType == elementType, "elements are \(elementType), not \(Element.elementType)")
        let base = UnsafeRawPointer(storage.base + byteOffset).assumingMemoryBound(to: Element.self)
        let result = try body(UnsafeBufferPointer(start: base, count: elementCount))
        withExtendedLifetime(storage) {}
        return result
    }

    /// The elements as writable memory, for the duration of `body`; copies them first when they are shared.
    /// - Precondition: `Element` is the tensor's element type.
    public mutating func withUnsafeMutableElements<Element: TensorElement, Result, Failure: Error>(
        of type: Element.Type = Element.self, _ body: (UnsafeMutableBufferPointer<Element>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(Element.elementType == elementType, "elements are \(elementType), not \(Element.elementType)")
        let count = elementCount
        return try withUnsafeMutableBytes { (bytes) throws(Failure) -> Result in
            let base = bytes.baseAddress!.assumingMemoryBound(to: Element.self)
            return try body(UnsafeMutableBufferPointer(start: base, count: count))
        }
    }

    /// The elements as a span, for the duration of `body`.
    /// - Throws: `invalidArgument` when `Element` is not the tensor's element type.
    public func withSpan<Element: TensorElement, Result>(
        of type: Element.Type = Element.self, _ body: (Span<Element>) throws -> Result
    ) throws -> Result {
        try check(Element.self)
        return try withUnsafeElements(of: Element.self) { try body($0.span) }
    }

    /// The elements as an array.
    /// - Throws: `invalidArgument` when `Element` is not the tensor's element type.
    public func array<Element: TensorElement>(of type: Element.Type = Element.self) throws(VireoError) -> [Element] {
        try check(Element.self)
        return withUnsafeElements(of: Element.self) { Array($0) }
    }

    private func check<Element: TensorElement>(_ type: Element.Type) throws(VireoError) {
        guard Element.elementType == elementType else {
            throw VireoError(.invalidArgument, "a tensor of \(elementType) read as \(Element.elementType)")
        }
    }
}

extension Tensor: Equatable {
    /// Same type, same shape, same bytes.
    public static func == (left: Tensor, right: Tensor) -> Bool {
        left.elementType == right.elementType && left.shape == right.shape
            && left.withUnsafeBytes { leftBytes in
                right.withUnsafeBytes { rightBytes in leftBytes.elementsEqual(rightBytes) }
            }
    }
}
