#ifndef VIREO_PIXELS_H
#define VIREO_PIXELS_H

#include <stddef.h>
#include <stdint.h>

/// Where a pixel of the result lies in a row of the source: so much of the way from the pixel at a byte offset to the
/// next.
typedef struct {
    uint32_t offset;
    float weight;
} vireo_tap;

/// Interpolates a row of pixels of three bytes to `count` pixels of three floats. Eight bytes are read at each offset, and one
/// float more is written than the pixels have.
void vireo_interpolate_columns(const uint8_t *row, const vireo_tap *taps, size_t count, float *target);

/// Interpolates between two rows of values from 0 to 255, and rounds to the nearest integer, halves up.
void vireo_interpolate_rows(const float *upper, const float *lower, float weight, size_t count, uint8_t *target);

/// `(value - mean) / scale` of every third of the bytes.
void vireo_scale_channel(const uint8_t *values, size_t count, float mean, float scale, float *target);

#endif
