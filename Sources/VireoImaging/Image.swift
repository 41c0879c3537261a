import VireoTensor

/// A picture in memory: 8-bit red, green and blue, row by row from the top left, without padding.
public struct Image: Sendable, Hashable {
    public let width: Int
    public let height: Int
    /// `width * height * 3` bytes: R, G, B of each pixel.
    public let pixels: [UInt8]

    /// The most pixels a picture may have, 2^28: a 16384 by 16384 square.
    public static let largestPixelCount = 1 << 28
    /// The most bytes an image file may have: 1 GiB.
    public static let largestFileSize = 1 << 30

    /// - Throws: `invalidArgument` when `pixels` does not hold `width * height` pixels, or these are none or too many.
    public init(width: Int, height: Int, pixels: [UInt8]) throws(VireoError) {
        let pixelCount = try Image.pixelCount(width: width, height: height)
        guard pixels.count == pixelCount * 3 else {
            throw VireoError(
                .invalidArgument,
                "\(pixels.count) bytes for an image of \(width)x\(height), which takes \(pixelCount * 3)")
        }
        self.init(width, height, pixels)
    }

    init(_ width: Int, _ height: Int, _ pixels: [UInt8]) {
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// The number of pixels of a size that is at least 1x1 and within `largestPixelCount`.
    static func pixelCount(width: Int, height: Int) throws(VireoError) -> Int {
        let (count, overflow) = width.multipliedReportingOverflow(by: height)
        guard width > 0, height > 0, !overflow, count <= largestPixelCount else {
            throw VireoError(
                .invalidArgument,
                "an image of \(width)x\(height): it needs at least one pixel and at most \(largestPixelCount)")
        }
        return count
    }
}
