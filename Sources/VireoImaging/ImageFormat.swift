/// The file formats that are recognised by their first bytes, whatever the file is called.
public enum ImageFormat: String, Sendable, CaseIterable {
    case jpeg = "JPEG"
    case png = "PNG"
    case bmp = "BMP"

    /// How many bytes at the start of a file are enough to recognise it.
    static let signatureSize = 12

    /// The format of a file that starts with `bytes`, or nil when it is none of these.
    public init?(startOfFile bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes.prefix(ImageFormat.signatureSize))
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if bytes.starts(with: "BM".utf8) {
            self = .bmp
        } else {
            return nil
        }
    }

    /// What a file of a well-known format that is not read here is, with its article.
    static func foreignKind(startOfFile bytes: some Sequence<UInt8>) -> String? {
        let bytes = Array(bytes.prefix(signatureSize))
        let tail = bytes.dropFirst(4)
        if bytes.starts(with: "GIF8".utf8) { return "a GIF image" }
        if bytes.starts(with: "II*\0".utf8) || bytes.starts(with: "MM\0*".utf8) { return "a TIFF image" }
        if bytes.starts(with: "RIFF".utf8), tail.dropFirst(4).starts(with: "WEBP".utf8) { return "a WebP image" }
        if tail.starts(with: "ftypavif".utf8) { return "an AVIF image" }
        if tail.starts(with: "ftyphei".utf8) || tail.starts(with: "ftypmif1".utf8) { return "a HEIF image" }
        if bytes.count > 2, bytes[0] == 0x50, (0x31...0x37).contains(bytes[1]), bytes[2] <= 0x20 {
            return "a PNM image"
        }
        return nil
    }
}
