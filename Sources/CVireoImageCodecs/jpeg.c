#include "image_buffer.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

/// Real progressive files have about ten scans; each scan visits every block of the picture, so a small hostile file with
/// many of them would take hours.
enum { LARGEST_SCAN_COUNT = 100 };

/// One decoding. Lives in the frame that calls setjmp, and is only reached through a pointer, so that longjmp leaves it
/// whole.
typedef struct {
    struct jpeg_decompress_struct codec;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf failure;
    vireo_image_status status;
    vireo_image *image;
    uint8_t *cmyk_row;
} decoding;

static decoding *decoding_of(j_common_ptr codec) { return codec->client_data; }

_Noreturn static void fail(j_common_ptr codec) {
    decoding *self = decoding_of(codec);
    int code = codec->err->msg_code;
    self->status = code == JERR_OUT_OF_MEMORY ? VIREO_IMAGE_OUT_OF_MEMORY : VIREO_IMAGE_MALFORMED;
    char message[JMSG_LENGTH_MAX];
    codec->err->format_message(codec, message);
    snprintf(self->image->message, sizeof self->image->message, "%s", message);
    longjmp(self->failure, 1);
}

static void ignore_output(j_common_ptr codec) { (void)codec; }

/// Warnings about pixels that had to be invented are failures; the others are harmless oddities of metadata.
static void receive_message(j_common_ptr codec, int level) {
    if (level >= 0) return;
    switch (codec->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_BOGUS_PROGRESSION:
        fail(codec);
    }
}

static void watch_scans(j_common_ptr codec) {
    decoding *self = decoding_of(codec);
    if (self->codec.input_scan_number <= LARGEST_SCAN_COUNT) return;
    self->status = VIREO_IMAGE_TOO_LARGE;
    snprintf(
        self->image->message, sizeof self->image->message, "more than %d scans, which is the limit",
        LARGEST_SCAN_COUNT);
    longjmp(self->failure, 1);
}

static uint8_t product(unsigned left, unsigned right) { return (uint8_t)((left * right + 127) / 255); }

/// Inks to light without a colour profile. Adobe's files hold the complement of each ink.
static void convert_cmyk(const uint8_t *cmyk, uint8_t *rgb, uint32_t width, boolean is_complement) {
    unsigned flip = is_complement ? 0 : 255;
    for (uint32_t x = 0; x < width; x++, cmyk += 4, rgb += 3) {
        unsigned key = cmyk[3] ^ flip;
        rgb[0] = product(cmyk[0] ^ flip, key);
        rgb[1] = product(cmyk[1] ^ flip, key);
        rgb[2] = product(cmyk[2] ^ flip, key);
    }
}

/// The largest of 1, 2, 4 and 8 by which the picture can be divided without becoming smaller than the least size.
static unsigned divisor(j_decompress_ptr codec, uint32_t least_width, uint32_t least_height) {
    if (least_width == 0 || least_height == 0) return 1;
    unsigned divisor = 8;
    while (divisor > 1 && (codec->image_width / divisor < least_width || codec->image_height / divisor < least_height)) {
        divisor /= 2;
    }
    return divisor;
}

static void decode(
    decoding *self, const uint8_t *bytes, size_t byte_count, uint64_t largest_pixel_count, uint32_t least_width,
    uint32_t least_height) {
    j_decompress_ptr codec = &self->codec;
    vireo_image *image = self->image;
    jpeg_mem_src(codec, bytes, byte_count);
    jpeg_read_header(codec, TRUE);
    codec->scale_num = 1;
    codec->scale_denom = divisor(codec, least_width, least_height);
    jpeg_calc_output_dimensions(codec);
    self->status = vireo_image_allocate(image, codec->output_width, codec->output_height, largest_pixel_count);
    if (self->status != VIREO_IMAGE_DECODED) return;
    image->full_width = codec->image_width;
    image->full_height = codec->image_height;

    boolean is_cmyk = codec->jpeg_color_space == JCS_CMYK || codec->jpeg_color_space == JCS_YCCK;
    if (codec->jpeg_color_space == JCS_UNKNOWN) {
        snprintf(
            image->message, sizeof image->message, "%d colour components of unknown meaning", codec->num_components);
        self->status = VIREO_IMAGE_UNSUPPORTED;
        return;
    }
    codec->out_color_space = is_cmyk ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(codec);
    if (is_cmyk) {
        self->cmyk_row = malloc((size_t)image->width * 4);
        if (!self->cmyk_row) ERREXIT1(codec, JERR_OUT_OF_MEMORY, 0);
    }
    size_t row_size = (size_t)image->width * 3;
    while (codec->output_scanline < codec->output_height) {
        uint8_t *row = image->pixels + row_size * codec->output_scanline;
        JSAMPROW target = is_cmyk ? self->cmyk_row : row;
        if (jpeg_read_scanlines(codec, &target, 1) == 1 && is_cmyk) {
            convert_cmyk(self->cmyk_row, row, image->width, codec->saw_Adobe_marker);
        }
    }
    jpeg_finish_decompress(codec);
}

vireo_image_status vireo_decode_jpeg(
    const uint8_t *bytes, size_t byte_count, uint64_t largest_pixel_count, uint32_t least_width, uint32_t least_height,
    vireo_image *image) {
    vireo_image_clear(image);
    decoding self;
    memset(&self, 0, sizeof self);
    self.image = image;
    self.codec.err = jpeg_std_error(&self.errors);
    self.codec.client_data = &self;
    self.errors.error_exit = fail;
    self.errors.emit_message = receive_message;
    self.errors.output_message = ignore_output;
    if (setjmp(self.failure) == 0) {
        jpeg_create_decompress(&self.codec);
        self.progress.progress_monitor = watch_scans;
        self.codec.progress = &self.progress;
        decode(&self, bytes, byte_count, largest_pixel_count, least_width, least_height);
    }
    free(self.cmyk_row);
    jpeg_destroy_decompress(&self.codec);
    return self.status;
}
