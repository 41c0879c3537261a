import VireoTensor

/// A Windows or OS/2 bitmap: 1, 4 and 8 bits with a palette, 16, 24 and 32 bits, with or without channel masks, rows
/// from the bottom or from the top. Run-length, JPEG, PNG and Huffman compression are refused by name.
///
/// Source: Microsoft, "Bitmap Storage" (BITMAPFILEHEADER, BITMAPCOREHEADER, BITMAPINFOHEADER, BITMAPV4/V5HEADER).
struct BitmapFile {
    private let bytes: [UInt8]
    private let width: Int
    private let height: Int
    private let isTopDown: Bool
    private let bitsPerPixel: Int
    private let rowSize: Int
    private let pixelOffset: Int
    private let palette: [UInt8]
    private let masks: [ChannelMask]

    private static let fileHeaderSize = 14
    private static let coreHeaderSize = 12
    private static let infoHeaderSizes = [40, 52, 56, 64, 108, 124]

    init(_ bytes: [UInt8]) throws(VireoError) {
        let file = LittleEndianReader(bytes: bytes)
        pixelOffset = try file.integer(UInt32.self, at: 10)
        let headerSize = try file.integer(UInt32.self, at: BitmapFile.fileHeaderSize)
        let isCore = headerSize == BitmapFile.coreHeaderSize
        guard isCore || BitmapFile.infoHeaderSizes.contains(headerSize) else {
            throw BitmapFile.malformed("its header claims \(headerSize) bytes")
        }
        let signedHeight: Int
        var compression = 0
        var colourCount = 0
        if isCore {
            width = try file.integer(UInt16.self, at: 18)
            signedHeight = try file.integer(UInt16.self, at: 20)
            bitsPerPixel = try file.integer(UInt16.self, at: 24)
        } else {
            width = try file.integer(Int32.self, at: 18)
            signedHeight = try file.integer(Int32.self, at: 22)
            bitsPerPixel = try file.integer(UInt16.self, at: 28)
            compression = try file.integer(UInt32.self, at: 30)
            colourCount = try file.integer(UInt32.self, at: 46)
        }
        isTopDown = signedHeight < 0
        height = abs(signedHeight)
        try BitmapFile.check(compression: compression, bitsPerPixel: bitsPerPixel, headerSize: headerSize)
        do {
            _ = try Image.pixelCount(width: width, height: height)
        } catch {
            throw BitmapFile.malformed(error.message)
        }
        masks = try BitmapFile.masks(in: file, compression: compression, bitsPerPixel: bitsPerPixel)
        palette = try BitmapFile.palette(
            in: file, bitsPerPixel: bitsPerPixel, colourCount: colourCount,
            at: BitmapFile.fileHeaderSize + headerSize, bytesPerEntry: isCore ? 3 : 4)

        rowSize = (width * bitsPerPixel + 31) / 32 * 4
        let lastRowSize = (width * bitsPerPixel + 7) / 8
        let needed = rowSize * (height - 1) + lastRowSize
        guard pixelOffset <= bytes.count, needed <= bytes.count - pixelOffset else {
            throw BitmapFile.malformed(
                "\(width)x\(height) pixels of \(bitsPerPixel) bits take \(needed) bytes from \(pixelOffset) on, "
                    + "and the file has \(bytes.count)")
        }
        self.bytes = bytes
    }

    func image() throws(VireoError) -> Image {
        var pixels = [UInt8](repeating: 0, count: width * height * 3)
        for y in 0..<height {
            let source = pixelOffset + rowSize * (isTopDown ? y : height - 1 - y)
            let target = y * width * 3
            switch bitsPerPixel {
            case 1, 4, 8: try readIndexedRow(from: source, to: target, in: &pixels)
            case 24: readRow(bytesPerPixel: 3, from: source, to: target, in: &pixels)
            case 32 where masks == ChannelMask.bgrx: readRow(bytesPerPixel: 4, from: source, to: target, in: &pixels)
            default: readMaskedRow(from: source, to: target, in: &pixels)
            }
        }
        return Image(width, height, pixels)
    }
}

// MARK: - Rows

extension BitmapFile {
    private func readRow(bytesPerPixel: Int, from source: Int, to target: Int, in pixels: inout [UInt8]) {
        for x in 0..<width {
            let from = source + x * bytesPerPixel
            let to = target + x * 3
            pixels[to] = bytes[from + 2]
            pixels[to + 1] = bytes[from + 1]
            pixels[to + 2] = bytes[from]
        }
    }

    private func readIndexedRow(from source: Int, to target: Int, in pixels: inout [UInt8]) throws(VireoError) {
        let perByte = 8 / bitsPerPixel
        let largest = UInt8(truncatingIfNeeded: (1 << bitsPerPixel) - 1)
        for x in 0..<width {
            let shift = 8 - bitsPerPixel * (x % perByte + 1)
            let index = Int((bytes[source + x / perByte] >> shift) & largest)
            guard index * 3 < palette.count else {
                throw BitmapFile.malformed("a pixel names colour \(index) of a palette of \(palette.count / 3)")
            }
            for channel in 0..<3 { pixels[target + x * 3 + channel] = palette[index * 3 + channel] }
        }
    }

    private func readMaskedRow(from source: Int, to target: Int, in pixels: inout [UInt8]) {
        let width = bitsPerPixel / 8
        for x in 0..<self.width {
            var word: UInt32 = 0
            for byte in 0..<width { word |= UInt32(bytes[source + x * width + byte]) << (8 * byte) }
            for channel in 0..<3 { pixels[target + x * 3 + channel] = masks[channel].value(of: word) }
        }
    }
}

// MARK: - Header

extension BitmapFile {
    private static func malformed(_ message: String) -> VireoError {
        VireoError(
            .malformedFile, "this BMP file cannot be decoded: \(message)",
            remedy: "the file may be damaged or incomplete: fetch it again")
    }

    private static func check(compression: Int, bitsPerPixel: Int, headerSize: Int) throws(VireoError) {
        let name: String? =
            switch compression {
            case 0: nil
            case 1: "RLE8"
            case 2: "RLE4"
            case 3 where headerSize == 64: "Huffman 1D"
            case 3, 6: nil
            case 4: headerSize == 64 ? "RLE24" : "JPEG"
            case 5: "PNG"
            default: "unknown (\(compression))"
            }
        if let name {
            throw VireoError(
                .unsupported, "this BMP file is compressed: \(name)", remedy: "save it without compression, or as PNG")
        }
        guard [1, 4, 8, 16, 24, 32].contains(bitsPerPixel) else {
            throw malformed("\(bitsPerPixel) bits a pixel")
        }
        guard compression == 0 || bitsPerPixel == 16 || bitsPerPixel == 32 else {
            throw malformed("channel masks with \(bitsPerPixel) bits a pixel")
        }
    }

    /// Red, green and blue. The masks are at the same place in every header that has them.
    private static func masks(
        in file: LittleEndianReader, compression: Int, bitsPerPixel: Int
    ) throws(VireoError) -> [ChannelMask] {
        guard compression != 0 else { return bitsPerPixel == 16 ? ChannelMask.rgb555 : ChannelMask.bgrx }
        var masks: [ChannelMask] = []
        for channel in 0..<3 {
            let bits = UInt32(truncatingIfNeeded: try file.integer(UInt32.self, at: 54 + 4 * channel))
            guard let mask = ChannelMask(bits), bitsPerPixel == 32 || bits <= UInt16.max else {
                throw malformed("a channel mask of 0x\(String(bits, radix: 16))")
            }
            masks.append(mask)
        }
        return masks
    }

    /// Red, green and blue of each colour; empty for pixels that hold their colour themselves.
    private static func palette(
        in file: LittleEndianReader, bitsPerPixel: Int, colourCount: Int, at offset: Int, bytesPerEntry: Int
    ) throws(VireoError) -> [UInt8] {
        guard bitsPerPixel <= 8 else { return [] }
        guard colourCount <= 1 << bitsPerPixel else {
            throw malformed("a palette of \(colourCount) colours with \(bitsPerPixel) bits a pixel")
        }
        var palette: [UInt8] = []
        for entry in 0..<(colourCount == 0 ? 1 << bitsPerPixel : colourCount) {
            for channel in [2, 1, 0] {
                palette.append(UInt8(try file.integer(UInt8.self, at: offset + entry * bytesPerEntry + channel)))
            }
        }
        return palette
    }
}

/// The bits of a pixel that hold one channel.
private struct ChannelMask: Equatable {
    private let bits: UInt32
    private let shift: UInt32
    private let largest: UInt32

    /// Nil unless the set bits are adjacent and there is at least one.
    init?(_ bits: UInt32) {
        guard bits != 0 else { return nil }
        self.bits = bits
        shift = UInt32(bits.trailingZeroBitCount)
        largest = bits >> shift
        guard largest & (largest &+ 1) == 0 else { return nil }
    }

    static let bgrx = [0xFF_0000, 0xFF00, 0xFF].compactMap { ChannelMask($0) }
    static let rgb555 = [0x7C00, 0x3E0, 0x1F].compactMap { ChannelMask($0) }

    /// The channel scaled to 0...255 and rounded to the nearest.
    func value(of pixel: UInt32) -> UInt8 {
        let value = UInt64((pixel & bits) >> shift)
        return UInt8((value * 255 + UInt64(largest) / 2) / UInt64(largest))
    }
}

/// Reads integers from a file's bytes; what lies outside them is an error.
private struct LittleEndianReader {
    let bytes: [UInt8]

    func integer<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int) throws(VireoError) -> Int {
        let size = Value.bitWidth / 8
        guard offset <= bytes.count, size <= bytes.count - offset else {
            throw VireoError(
                .malformedFile, "this BMP file ends inside its header, at byte \(bytes.count)",
                remedy: "the file may be damaged or incomplete: fetch it again")
        }
        var value: Value = 0
        for byte in 0..<size { value |= Value(truncatingIfNeeded: bytes[offset + byte]) << Value(8 * byte) }
        return Int(truncatingIfNeeded: value)
    }
}
