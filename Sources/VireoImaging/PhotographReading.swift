import VireoTensor

/// A photograph as a network takes it, read without an image of the file's own size in between.
public struct ResizedPhotograph: Sendable {
    /// How much of a JPEG is decoded.
    public enum Decoding: Sendable, CaseIterable {
        /// Every pixel: the same as `Image.init(contentsOf:)` and `resized`.
        case full
        /// At a half, a quarter or an eighth of its size where that is still at least as large as what is wanted. Takes
        /// less time for large photographs; pixels are then averages of those of the file, so that the result differs
        /// from that of `full` by some levels, most where there are fine patterns.
        case scaled
    }

    public let image: Image
    /// Of the file, in pixels.
    public let fileWidth: Int
    public let fileHeight: Int

    /// Reads a JPEG, PNG or BMP file and resizes it by bilinear interpolation.
    /// - Throws: as `Image.init(contentsOf:)` and `Image.resized`.
    public init(
        contentsOf path: String, width: Int, height: Int, decoding: Decoding = .full
    ) throws(VireoError) {
        do throws(VireoError) {
            _ = try Image.pixelCount(width: width, height: height)
            let bytes = try Image.file(path)
            let format = try Image.format(of: bytes)
            if format == .bmp {
                let whole = try BitmapFile(bytes).image()
                (fileWidth, fileHeight) = (whole.width, whole.height)
                image = try whole.resized(width: width, height: height)
            } else {
                let decoded = try DecodedPixels(
                    bytes, format, leastSize: decoding == .scaled ? (width, height) : nil)
                (fileWidth, fileHeight) = (decoded.fullWidth, decoded.fullHeight)
                let isRightSize = decoded.width == width && decoded.height == height
                image =
                    isRightSize
                    ? decoded.image
                    : Image(
                        width, height,
                        interpolated(decoded.pixels, decoded.width, decoded.height, toWidth: width, height: height))
            }
        } catch {
            throw error.adding(context: "reading \(path)")
        }
    }
}
