import VireoTensor

/// Reads photographs into the input of a network, one after the other, in memory that it keeps.
public struct PhotographReader: ~Copyable {
    /// How much of a JPEG is decoded.
    public enum Decoding: Sendable, CaseIterable {
        /// Every pixel: the same as `Image.init(contentsOf:)` and `resized`.
        case full
        /// At a half, a quarter or an eighth of its size where that is still at least as large as what is wanted. Takes
        /// less time for large photographs; pixels are then averages of those of the file, so that the result differs
        /// from that of `full` by some levels, most where there are fine patterns.
        case scaled
    }

    private let format: ImageTensorFormat
    private let decoding: Decoding
    private var decoded = DecodedPixels()

    /// - Parameter format: the size of the photographs, and what becomes of their values.
    public init(_ format: ImageTensorFormat, decoding: Decoding = .full) {
        self.format = format
        self.decoding = decoding
    }

    /// Reads a JPEG, PNG or BMP file and resizes it by bilinear interpolation.
    /// - Parameters:
    ///   - tensor: of the format's type and shape.
    ///   - index: the photograph's place in the batch.
    /// - Returns: the size of the picture in the file, in pixels.
    /// - Throws: as `Image.init(contentsOf:)`; the place's values then have no meaning.
    public mutating func read(
        _ path: String, into tensor: inout Tensor, at index: Int = 0
    ) throws(VireoError) -> (width: Int, height: Int) {
        do throws(VireoError) {
            let bytes = try Image.file(path)
            let imageFormat = try Image.format(of: bytes)
            if imageFormat == .bmp {
                let image = try BitmapFile(bytes).image()
                image.pixels.withUnsafeBufferPointer {
                    format.write($0, width: image.width, height: image.height, to: &tensor, at: index)
                }
                return (image.width, image.height)
            }
            let leastSize = decoding == .scaled ? (format.width, format.height) : nil
            try decoded.decode(bytes, imageFormat, leastSize: leastSize)
            format.write(decoded.pixels, width: decoded.width, height: decoded.height, to: &tensor, at: index)
            return (decoded.fullWidth, decoded.fullHeight)
        } catch {
            throw error.adding(context: "reading \(path)")
        }
    }
}

extension ImageTensorFormat {
    /// Writes an image of any size.
    fileprivate func write(
        _ pixels: UnsafeBufferPointer<UInt8>, width: Int, height: Int, to tensor: inout Tensor, at index: Int
    ) {
        write(to: &tensor, at: index) { write in
            if width == self.width && height == self.height {
                let rowSize = width * 3
                for y in 0..<height { write(y, UnsafeBufferPointer(rebasing: pixels[y * rowSize..<(y + 1) * rowSize])) }
            } else {
                interpolate(pixels, width, height, toWidth: self.width, height: self.height, write)
            }
        }
    }
}
