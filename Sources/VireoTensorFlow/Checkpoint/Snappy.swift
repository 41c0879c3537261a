import VireoTensor

/// Snappy's block format, which may compress the blocks of a checkpoint's table.
package enum Snappy {
    /// No element makes more than 64 bytes of 3.
    private static let largestRatio = 22

    /// - Throws: `malformedFile` for what is no such block.
    package static func decompress(_ block: UnsafeRawBufferPointer) throws(VireoError) -> [UInt8] {
        var position = 0
        guard let declared = block.varint(at: &position), let count = Int(exactly: declared),
            count <= (block.count - position) * largestRatio
        else { throw damage }
        var output: [UInt8] = []
        output.reserveCapacity(count)
        while position < block.count {
            let tag = block[position]
            position += 1
            if tag & 3 == 0 {
                let length = try literalLength(tag, block, &position)
                guard length <= block.count - position, length <= count - output.count else { throw damage }
                output.append(contentsOf: block[position..<position + length])
                position += length
            } else {
                let copy = try self.copy(tag, block, &position)
                guard copy.distance > 0, copy.distance <= output.count, copy.length <= count - output.count else {
                    throw damage
                }
                // The source may run into what is being written: then it repeats.
                let start = output.count - copy.distance
                for index in start..<start + copy.length { output.append(output[index]) }
            }
        }
        guard output.count == count else { throw damage }
        return output
    }

    private static func literalLength(
        _ tag: UInt8, _ block: UnsafeRawBufferPointer, _ position: inout Int
    ) throws(VireoError) -> Int {
        let short = Int(tag >> 2)
        guard short >= 60 else { return short + 1 }
        let width = short - 59
        guard width <= block.count - position else { throw damage }
        var length = 0
        for index in 0..<width { length |= Int(block[position + index]) << (8 * index) }
        position += width
        return length + 1
    }

    private static func copy(
        _ tag: UInt8, _ block: UnsafeRawBufferPointer, _ position: inout Int
    ) throws(VireoError) -> (distance: Int, length: Int) {
        let width = [0, 1, 2, 4][Int(tag & 3)]
        guard width <= block.count - position else { throw damage }
        var distance = 0
        for index in 0..<width { distance |= Int(block[position + index]) << (8 * index) }
        position += width
        guard width == 1 else { return (distance, Int(tag >> 2) + 1) }
        return (distance | Int(tag >> 5) << 8, Int(tag >> 2 & 7) + 4)
    }

    private static let damage = VireoError(.malformedFile, "a compressed block is damaged")
}
