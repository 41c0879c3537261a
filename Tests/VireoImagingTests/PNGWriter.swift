/// Writes PNG files of every colour type, bit depth and interlacing, without compression.
///
/// Source: "Portable Network Graphics (PNG) Specification", W3C; RFC 1950 and 1951 for stored blocks.
struct PNGWriter {
    enum ColourType: UInt8, CaseIterable {
        case gray = 0
        case rgb = 2
        case palette = 3
        case grayAlpha = 4
        case rgbAlpha = 6

        var bitDepths: [Int] {
            switch self {
            case .gray: [1, 2, 4, 8, 16]
            case .palette: [1, 2, 4, 8]
            case .rgb, .grayAlpha, .rgbAlpha: [8, 16]
            }
        }
    }

    let colourType: ColourType
    let bitDepth: Int
    var isInterlaced = false
    /// Red, green and blue of each colour.
    var palette: [UInt8] = []
    /// The content of a tRNS chunk.
    var transparency: [UInt8] = []
    /// The width and height to write into the header instead of the true ones.
    var claimedSize: (Int, Int)?

    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    /// First column, first row, column step and row step of Adam7's passes.
    private static let passes = [
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
    ]

    /// The file of a picture whose samples `samples` gives for each column and row.
    func file(width: Int, height: Int, samples: (Int, Int) -> [Int]) -> [UInt8] {
        var scanlines: [UInt8] = []
        for (x0, y0, dx, dy) in isInterlaced ? PNGWriter.passes : [(0, 0, 1, 1)] {
            for y in stride(from: y0, to: height, by: dy) where x0 < width {
                let row = stride(from: x0, to: width, by: dx).flatMap { samples($0, y) }
                scanlines += [0] + packed(row)
            }
        }
        let header =
            bigEndian(claimedSize?.0 ?? width) + bigEndian(claimedSize?.1 ?? height) + [
                UInt8(bitDepth), colourType.rawValue, 0, 0, isInterlaced ? 1 : 0,
            ]
        return PNGWriter.signature + chunk("IHDR", header) + (palette.isEmpty ? [] : chunk("PLTE", palette))
            + (transparency.isEmpty ? [] : chunk("tRNS", transparency)) + chunk("IDAT", zlib(scanlines))
            + chunk("IEND", [])
    }

    private func packed(_ samples: [Int]) -> [UInt8] {
        switch bitDepth {
        case 16: return samples.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
        case 8: return samples.map { UInt8($0) }
        default:
            let perByte = 8 / bitDepth
            return stride(from: 0, to: samples.count, by: perByte).map { start in
                var byte = 0
                for position in 0..<perByte where start + position < samples.count {
                    byte |= samples[start + position] << (8 - bitDepth * (position + 1))
                }
                return UInt8(byte)
            }
        }
    }

    private func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + content
        return bigEndian(content.count) + body + bigEndian(Int(crc32(body)))
    }

    private func zlib(_ bytes: [UInt8]) -> [UInt8] {
        var (a, b) = (1, 0)
        for byte in bytes {
            a = (a + Int(byte)) % 65521
            b = (b + a) % 65521
        }
        let size = [UInt8(bytes.count & 255), UInt8(bytes.count >> 8)]
        return [0x78, 0x01, 1] + size + size.map { ~$0 } + bytes + bigEndian(b << 16 | a)
    }

    private func crc32(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }

    private func bigEndian(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 255) } }
}
