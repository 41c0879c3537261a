import CVireoImageCodecs
import Glibc
import VireoTensor

extension Image {
    /// Writes the image as a PNG file, which appears only when it is complete.
    /// - Throws: `inputOutput` for a folder that cannot be written or a disk that is full; `outOfMemory`.
    public func write(pngFile path: String) throws(VireoError) {
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        let isEncoded = pixels.withUnsafeBufferPointer {
            vireo_encode_png($0.baseAddress, UInt32(width), UInt32(height), &bytes, &count)
        }
        guard isEncoded, let bytes else {
            throw VireoError(
                .outOfMemory, "no memory to encode an image of \(width)x\(height)", in: ["writing \(path)"])
        }
        defer { free(bytes) }
        let file = try AtomicFile(path: path)
        try file.write(UnsafeRawBufferPointer(start: bytes, count: count))
        try file.commit()
    }
}
