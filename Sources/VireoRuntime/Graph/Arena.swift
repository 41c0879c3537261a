import VireoTensor

/// Memory that is given out piece by piece and let go at once.
struct Arena {
    private final class Blocks {
        var list: [UnsafeMutableRawPointer] = []
        deinit { for block in list { block.deallocate() } }
    }

    private let blocks = Blocks()

    /// A copy of `elements` that lives as long as the arena. Its address is never NULL.
    mutating func copy<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafeBufferPointer<Element> {
        let copy = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
        copy.initialize(from: elements, count: elements.count)
        blocks.list.append(UnsafeMutableRawPointer(copy))
        return UnsafeBufferPointer(start: copy, count: elements.count)
    }

    /// The text with a zero byte at its end.
    mutating func copy(_ text: String) -> UnsafePointer<CChar> { copy(Array(text.utf8CString)).baseAddress! }
}

extension Tensor {
    /// The elements, valid as long as some copy of this tensor lives: memory behind a tensor does not move, and a
    /// tensor that is shared is not written.
    package var stableBytes: UnsafeRawBufferPointer { withUnsafeBytes { $0 } }

    /// This tensor, copied when its elements do not lie at a multiple of their size.
    func alignedToElements() -> Tensor {
        let width = elementType.byteWidth ?? 1
        guard let base = stableBytes.baseAddress, UInt(bitPattern: base) % UInt(width) != 0 else { return self }
        var copy = self
        // Taking write access of a shared tensor copies it into memory of its own.
        withExtendedLifetime(self) { copy.withUnsafeMutableBytes { _ in } }
        return copy
    }
}
