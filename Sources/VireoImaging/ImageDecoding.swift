import CVireoImageCodecs
import Glibc
import VireoTensor

extension Image {
    /// Reads a JPEG, PNG or BMP file, recognised by its content. Alpha is dropped; orientation tags, colour profiles and
    /// gamma are not applied (as in TensorFlow and Pillow).
    /// - Throws: `notFound`, `inputOutput`; `unsupported` for other formats and flavours; `malformedFile` for truncated or
    ///   corrupt files and for those over a limit.
    public init(contentsOf path: String) throws(VireoError) {
        do throws(VireoError) {
            let file = try RegularFile(path: path)
            guard file.size <= Image.largestFileSize else {
                throw VireoError(
                    .malformedFile, "\(file.size) bytes, where the limit for an image is \(Image.largestFileSize)")
            }
            try self.init(decoding: file.bytes(at: 0, count: file.size))
        } catch {
            throw error.adding(context: "reading \(path)")
        }
    }

    /// Decodes the content of a JPEG, PNG or BMP file.
    /// - Throws: `unsupported` for other formats and flavours, `malformedFile` for truncated or corrupt data.
    public init(decoding bytes: [UInt8]) throws(VireoError) {
        switch ImageFormat(startOfFile: bytes) {
        case .jpeg: self = try Image.decode(bytes, .jpeg, vireo_decode_jpeg)
        case .png: self = try Image.decode(bytes, .png, vireo_decode_png)
        case .bmp: self = try BitmapFile(bytes).image()
        case nil:
            guard !bytes.isEmpty else { throw VireoError(.malformedFile, "the file is empty") }
            let kind = ImageFormat.foreignKind(startOfFile: bytes) ?? "no image"
            throw VireoError(
                .unsupported, "it is \(kind), and only JPEG, PNG and BMP are read", remedy: "convert it to PNG first")
        }
    }

    private typealias Decoder = (
        UnsafePointer<UInt8>?, Int, UInt64, UnsafeMutablePointer<vireo_image>?
    ) -> vireo_image_status

    private static func decode(
        _ bytes: [UInt8], _ format: ImageFormat, _ decoder: Decoder
    ) throws(VireoError) -> Image {
        var decoded = vireo_image()
        let status = bytes.withUnsafeBufferPointer {
            decoder($0.baseAddress, $0.count, UInt64(largestPixelCount), &decoded)
        }
        guard status == VIREO_IMAGE_DECODED, let pixels = decoded.pixels else {
            let message = withUnsafeBytes(of: decoded.message) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            let (code, remedy): (VireoError.Code, String?) =
                switch status {
                case VIREO_IMAGE_UNSUPPORTED: (.unsupported, "convert it to PNG first")
                case VIREO_IMAGE_OUT_OF_MEMORY: (.outOfMemory, nil)
                case VIREO_IMAGE_TOO_LARGE: (.malformedFile, "make the image smaller first")
                default: (.malformedFile, "the file may be damaged or incomplete: fetch it again")
                }
            throw VireoError(code, "this \(format.rawValue) file cannot be decoded: \(message)", remedy: remedy)
        }
        defer { free(pixels) }
        let (width, height) = (Int(decoded.width), Int(decoded.height))
        return Image(width, height, Array(UnsafeBufferPointer(start: pixels, count: width * height * 3)))
    }
}
