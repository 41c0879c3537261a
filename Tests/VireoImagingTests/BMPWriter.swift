/// Writes BMP files with any header and pixel format.
struct BMPWriter {
    let bitsPerPixel: Int
    var headerSize = 40
    var isTopDown = false
    var compression = 0
    /// Red, green, blue.
    var masks: [UInt32] = []
    /// Red, green and blue of each colour.
    var palette: [[UInt8]] = []

    /// The file of a picture whose pixels (as the format's integers) `pixel` gives for each column and row.
    func file(width: Int, height: Int, pixel: (Int, Int) -> UInt32) -> [UInt8] {
        var rows: [[UInt8]] = (0..<height).map { y in
            var bits: [UInt8] = []
            var pending = 0
            for x in 0..<width {
                let value = pixel(x, y)
                if bitsPerPixel >= 8 {
                    bits += (0..<(bitsPerPixel / 8)).map { UInt8(value >> UInt32(8 * $0) & 255) }
                } else {
                    if pending == 0 { bits.append(0) }
                    pending = (pending + bitsPerPixel) % 8
                    bits[bits.count - 1] |= UInt8(value) << UInt8((8 - pending) % 8)
                }
            }
            return bits + [UInt8](repeating: 0, count: (4 - bits.count % 4) % 4)
        }
        if !isTopDown { rows.reverse() }
        var info: [UInt8]
        if headerSize == 12 {
            info = bytes(12, 4) + bytes(width, 2) + bytes(height, 2) + bytes(1, 2) + bytes(bitsPerPixel, 2)
        } else {
            info = bytes(headerSize, 4) + bytes(width, 4) + bytes(isTopDown ? -height : height, 4) + bytes(1, 2)
            info += bytes(bitsPerPixel, 2) + bytes(compression, 4) + bytes(0, 4) + bytes(2835, 4) + bytes(2835, 4)
            info += bytes(palette.count == 1 << bitsPerPixel ? 0 : palette.count, 4) + bytes(0, 4)
            info += masks.flatMap { bytes(Int($0), 4) }
            info += [UInt8](repeating: 0, count: max(headerSize - info.count, 0))
        }
        for colour in palette { info += colour.reversed() + (headerSize == 12 ? [] : [0]) }
        let pixels = rows.flatMap { $0 }
        let offset = 14 + info.count
        return Array("BM".utf8) + bytes(offset + pixels.count, 4) + bytes(0, 4) + bytes(offset, 4) + info + pixels
    }

    private func bytes(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
