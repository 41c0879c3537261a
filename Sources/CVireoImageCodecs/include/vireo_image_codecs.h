#ifndef VIREO_IMAGE_CODECS_H
#define VIREO_IMAGE_CODECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    VIREO_IMAGE_DECODED = 0,
    VIREO_IMAGE_MALFORMED,
    VIREO_IMAGE_UNSUPPORTED,
    VIREO_IMAGE_TOO_LARGE,
    VIREO_IMAGE_OUT_OF_MEMORY,
} vireo_image_status;

/// A decoded picture, or the reason why there is none.
typedef struct {
    uint32_t width;
    uint32_t height;
    /// The size of the picture in the file, which may have been decoded smaller.
    uint32_t full_width;
    uint32_t full_height;
    /// Rows from top to bottom, each `width` pixels of red, green and blue bytes without padding; without meaning unless
    /// decoding succeeded. From malloc; the caller frees it, or gives it to the next decoding, which uses it again when it is
    /// large enough. Null, with a capacity of zero, before the first.
    uint8_t *pixels;
    /// How many bytes there is room for.
    size_t capacity;
    /// What is wrong, when decoding failed.
    char message[200];
} vireo_image;

/// Decodes a JPEG file: baseline or progressive; gray, YCbCr, RGB, CMYK or YCCK. Upsampling and the inverse transform are
/// libjpeg-turbo's defaults, which are also those of Pillow. Incomplete or corrupt entropy-coded data is an error.
/// Orientation tags and colour profiles are not applied.
///
/// With a least size that is not zero the picture is decoded at a half, a quarter or an eighth of its size, the smallest
/// that is at least as large in both directions; `image->full_width` and `image->full_height` are then those of the file.
vireo_image_status vireo_decode_jpeg(
    const uint8_t *bytes, size_t byte_count, uint64_t largest_pixel_count, uint32_t least_width, uint32_t least_height,
    vireo_image *image);

/// Decodes a PNG file of any colour type, bit depth and interlacing. Alpha and transparent colours are dropped, the upper
/// byte of 16-bit samples is kept, and gamma is not applied.
vireo_image_status vireo_decode_png(
    const uint8_t *bytes, size_t byte_count, uint64_t largest_pixel_count, vireo_image *image);

/// Encodes `width * height` pixels of red, green and blue bytes as a PNG file. `*bytes` is from malloc; the caller frees it.
/// Returns false, and writes nothing, without memory.
bool vireo_encode_png(const uint8_t *pixels, uint32_t width, uint32_t height, uint8_t **bytes, size_t *byte_count);

#endif
