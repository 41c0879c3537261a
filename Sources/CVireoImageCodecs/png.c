#include "image_buffer.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

/// One decoding. Reached only through a pointer, so that longjmp leaves it whole.
typedef struct {
    const uint8_t *bytes;
    size_t byte_count;
    vireo_image_status status;
    vireo_image *image;
} decoding;

_Noreturn static void fail(png_structp codec, png_const_charp message) {
    decoding *self = png_get_error_ptr(codec);
    if (self->status == VIREO_IMAGE_DECODED) {
        self->status = VIREO_IMAGE_MALFORMED;
        snprintf(self->image->message, sizeof self->image->message, "%s", message);
    }
    png_longjmp(codec, 1);
}

static void ignore_warning(png_structp codec, png_const_charp message) {
    (void)codec;
    (void)message;
}

static void read_bytes(png_structp codec, png_bytep target, size_t count) {
    decoding *self = png_get_io_ptr(codec);
    if (count > self->byte_count) png_error(codec, "the file ends too early");
    memcpy(target, self->bytes, count);
    self->bytes += count;
    self->byte_count -= count;
}

static void decode(decoding *self, png_structp codec, png_infop info, uint64_t largest_pixel_count) {
    vireo_image *image = self->image;
    png_set_read_fn(codec, self, read_bytes);
    png_set_user_limits(codec, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_read_info(codec, info);
    self->status = vireo_image_allocate(
        image, png_get_image_width(codec, info), png_get_image_height(codec, info), largest_pixel_count);
    if (self->status != VIREO_IMAGE_DECODED) return;

    png_set_expand(codec);
    png_set_strip_16(codec);
    png_set_gray_to_rgb(codec);
    png_set_strip_alpha(codec);
    int pass_count = png_set_interlace_handling(codec);
    png_read_update_info(codec, info);
    size_t row_size = (size_t)image->width * 3;
    if (png_get_rowbytes(codec, info) != row_size) png_error(codec, "rows of an unexpected size");
    for (int pass = 0; pass < pass_count; pass++) {
        for (uint32_t y = 0; y < image->height; y++) png_read_row(codec, image->pixels + y * row_size, NULL);
    }
    png_read_end(codec, NULL);
}

vireo_image_status vireo_decode_png(
    const uint8_t *bytes, size_t byte_count, uint64_t largest_pixel_count, vireo_image *image) {
    vireo_image_clear(image);
    decoding self = {bytes, byte_count, VIREO_IMAGE_DECODED, image};
    png_structp codec = png_create_read_struct(PNG_LIBPNG_VER_STRING, &self, fail, ignore_warning);
    png_infop info = codec ? png_create_info_struct(codec) : NULL;
    if (!info) {
        png_destroy_read_struct(&codec, NULL, NULL);
        snprintf(image->message, sizeof image->message, "no memory, or a libpng other than the one built against");
        return VIREO_IMAGE_OUT_OF_MEMORY;
    }
    if (setjmp(png_jmpbuf(codec)) == 0) decode(&self, codec, info, largest_pixel_count);
    png_destroy_read_struct(&codec, &info, NULL);
    return self.status;
}

bool vireo_encode_png(const uint8_t *pixels, uint32_t width, uint32_t height, uint8_t **bytes, size_t *byte_count) {
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = width;
    image.height = height;
    image.format = PNG_FORMAT_RGB;
    png_alloc_size_t count = PNG_IMAGE_PNG_SIZE_MAX(image);
    uint8_t *encoded = malloc(count);
    bool done = encoded && png_image_write_to_memory(&image, encoded, &count, 0, pixels, 0, NULL);
    png_image_free(&image);
    if (!done) {
        free(encoded);
        return false;
    }
    *bytes = encoded;
    *byte_count = count;
    return true;
}
