import VireoTensor

/// Memory that is given out piece by piece and let go at once.
struct Arena {
    private final class Blocks {
        private var list: [UnsafeMutableRawPointer] = []
        /// What is left of the last block.
        private var free = UnsafeMutableRawBufferPointer(start: nil, count: 0)

        private static let byteCount = 1 << 16
        private static let alignment = 16

        func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
            let needed = (max(byteCount, 1) + Blocks.alignment - 1) / Blocks.alignment * Blocks.alignment
            if needed <= free.count, let start = free.baseAddress {
                free = UnsafeMutableRawBufferPointer(rebasing: free[needed...])
                return start
            }
            let size = max(needed, Blocks.byteCount)
            let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: Blocks.alignment)
            list.append(block)
            if needed < size { free = UnsafeMutableRawBufferPointer(start: block + needed, count: size - needed) }
            return block
        }

        deinit { for block in list { block.deallocate() } }
    }

    private let blocks = Blocks()

    /// A copy of `elements` that lives as long as the arena. Its address is never NULL.
    mutating func copy<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafeBufferPointer<Element> {
        let copy = blocks.take(elements.count * MemoryLayout<Element>.stride)
            .bindMemory(to: Element.self, capacity: elements.count)
        copy.initialize(from: elements, count: elements.count)
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
