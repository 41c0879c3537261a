import CVireoImageCodecs
import Glibc
import VireoTensor

extension Image {
    /// Reads a JPEG, PNG or BMP file, recognised by its content. Alpha is dropped; orientation tags, colour profiles
    /// and gamma are not applied (as in TensorFlow and Pillow).
    /// - Throws: `notFound`, `inputOutput`; `unsupported` for other formats and flavours; `malformedFile` for truncated
    ///   or corrupt files and for those over a limit.
    public init(contentsOf path: String) throws(VireoError) {
        do throws(VireoError) {
            try self.init(decoding: Image.file(path))
        } catch {
            throw error.adding(context: "reading \(path)")
        }
    }

    /// Decodes the content of a JPEG, PNG or BMP file.
    /// - Throws: `unsupported` for other formats and flavours, `malformedFile` for truncated or corrupt data.
    public init(decoding bytes: [UInt8]) throws(VireoError) {
        let format = try Image.format(of: bytes)
        if format == .bmp {
            self = try BitmapFile(bytes).image()
        } else {
            var decoded = DecodedPixels()
            try decoded.decode(bytes, format)
            self = decoded.image
        }
    }

    static func file(_ path: String) throws(VireoError) -> [UInt8] {
        let file = try RegularFile(path: path)
        guard file.size <= Image.largestFileSize else {
            throw VireoError(
                .malformedFile, "\(file.size) bytes, where the limit for an image is \(Image.largestFileSize)")
        }
        return try file.bytes(at: 0, count: file.size)
    }

    static func format(of bytes: [UInt8]) throws(VireoError) -> ImageFormat {
        if let format = ImageFormat(startOfFile: bytes) { return format }
        guard !bytes.isEmpty else { throw VireoError(.malformedFile, "the file is empty") }
        let kind = ImageFormat.foreignKind(startOfFile: bytes) ?? "no image"
        throw VireoError(
            .unsupported, "it is \(kind), and only JPEG, PNG and BMP are read", remedy: "convert it to PNG first")
    }
}

/// What a decoder in C makes, in memory that it allocates and uses again.
struct DecodedPixels: ~Copyable {
    private var decoded = vireo_image()
    /// A buffer of more bytes than a photograph of 24 million pixels takes is not kept for the next one.
    private static let largestKeptSize = 72 << 20

    /// Decodes the content of a file, in place of what was decoded before.
    /// - Parameters:
    ///   - format: JPEG or PNG.
    ///   - leastSize: when given, a JPEG is decoded at a half, a quarter or an eighth of its size, as long as that is
    ///     not smaller.
    /// - Throws: as `Image.init(decoding:)`.
    mutating func decode(
        _ bytes: [UInt8], _ format: ImageFormat, leastSize: (width: Int, height: Int)? = nil
    ) throws(VireoError) {
        if decoded.capacity > DecodedPixels.largestKeptSize {
            free(decoded.pixels)
            decoded = vireo_image()
        }
        let limit = UInt64(Image.largestPixelCount)
        let status = bytes.withUnsafeBufferPointer { bytes in
            format == .png
                ? vireo_decode_png(bytes.baseAddress, bytes.count, limit, &decoded)
                : vireo_decode_jpeg(
                    bytes.baseAddress, bytes.count, limit, UInt32(clamping: leastSize?.width ?? 0),
                    UInt32(clamping: leastSize?.height ?? 0), &decoded)
        }
        guard status == VIREO_IMAGE_DECODED else {
            let error = DecodedPixels.error(status, decoded, format)
            (decoded.width, decoded.height) = (0, 0)
            throw error
        }
    }

    deinit { free(decoded.pixels) }

    var width: Int { Int(decoded.width) }
    var height: Int { Int(decoded.height) }
    /// The size of the picture in the file, which may have been decoded smaller.
    var fullWidth: Int { Int(decoded.full_width) }
    var fullHeight: Int { Int(decoded.full_height) }
    var pixels: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: decoded.pixels, count: width * height * 3) }
    var image: Image { Image(width, height, Array(pixels)) }

    private static func error(_ status: vireo_image_status, _ decoded: vireo_image, _ format: ImageFormat) -> VireoError
    {
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
        return VireoError(code, "this \(format.rawValue) file cannot be decoded: \(message)", remedy: remedy)
    }
}
