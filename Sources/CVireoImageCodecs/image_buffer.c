#include "image_buffer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

vireo_image_status vireo_image_allocate(
    vireo_image *image, uint64_t width, uint64_t height, uint64_t largest_pixel_count) {
    if (width == 0 || height == 0 || width > UINT32_MAX || height > UINT32_MAX) {
        snprintf(image->message, sizeof image->message, "a size of %" PRIu64 "x%" PRIu64 " pixels", width, height);
        return VIREO_IMAGE_MALFORMED;
    }
    if (height > largest_pixel_count / width || width * height > SIZE_MAX / 3) {
        snprintf(
            image->message, sizeof image->message,
            "%" PRIu64 "x%" PRIu64 " pixels, where the limit is %" PRIu64 " pixels", width, height,
            largest_pixel_count);
        return VIREO_IMAGE_TOO_LARGE;
    }
    size_t byte_count = (size_t)(width * height) * 3;
    if (byte_count > image->capacity) {
        free(image->pixels);
        image->pixels = malloc(byte_count);
        image->capacity = image->pixels ? byte_count : 0;
    }
    if (!image->pixels) {
        snprintf(
            image->message, sizeof image->message, "no memory for %" PRIu64 "x%" PRIu64 " pixels", width, height);
        return VIREO_IMAGE_OUT_OF_MEMORY;
    }
    image->width = (uint32_t)width;
    image->height = (uint32_t)height;
    image->full_width = image->width;
    image->full_height = image->height;
    return VIREO_IMAGE_DECODED;
}

void vireo_image_clear(vireo_image *image) {
    uint8_t *pixels = image->pixels;
    size_t capacity = image->capacity;
    memset(image, 0, sizeof *image);
    image->pixels = pixels;
    image->capacity = capacity;
}
