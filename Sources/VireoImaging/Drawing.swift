extension Image {
    /// Red, green and blue.
    public typealias Color = (red: UInt8, green: UInt8, blue: UInt8)

    /// The image with a frame drawn into it. What lies outside the image is left out.
    /// - Parameters:
    ///   - left, top, right, bottom: the frame's outer edge in pixels, the last ones included.
    ///   - thickness: in pixels, inwards.
    public func drawingFrame(
        left: Int, top: Int, right: Int, bottom: Int, thickness: Int, color: Color
    ) -> Image {
        let columns = max(left, 0)..<max(min(right, width - 1) &+ 1, max(left, 0))
        let rows = max(top, 0)..<max(min(bottom, height - 1) &+ 1, max(top, 0))
        guard !columns.isEmpty, !rows.isEmpty, left <= right, top <= bottom else { return self }
        var pixels = self.pixels
        for y in rows {
            let isEdgeRow = y - top < thickness || bottom - y < thickness
            for x in columns where isEdgeRow || x - left < thickness || right - x < thickness {
                let start = (y * width + x) * 3
                (pixels[start], pixels[start + 1], pixels[start + 2]) = color
            }
        }
        return Image(width, height, pixels)
    }
}
