#include "vireo_pixels.h"

#include <string.h>

/// Compiled for AVX-512, AVX2 and the baseline, of which the best is chosen when the program is loaded.
#if defined(__x86_64__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

// The results are the same on every processor: sums and products are rounded one by one.
#pragma STDC FP_CONTRACT OFF

typedef uint8_t bytes8 __attribute__((ext_vector_type(8)));
typedef float floats8 __attribute__((ext_vector_type(8)));
typedef float floats4 __attribute__((ext_vector_type(4)));

FOR_EACH_PROCESSOR
void vireo_interpolate_columns(const uint8_t *row, const vireo_tap *taps, size_t count, float *target) {
    for (size_t x = 0; x < count; x++) {
        bytes8 bytes;
        memcpy(&bytes, row + taps[x].offset, sizeof bytes);
        floats8 pixels = __builtin_convertvector(bytes, floats8);
        floats4 left = __builtin_shufflevector(pixels, pixels, 0, 1, 2, 3);
        floats4 right = __builtin_shufflevector(pixels, pixels, 3, 4, 5, 6);
        floats4 value = left + (right - left) * taps[x].weight;
        memcpy(target + 3 * x, &value, sizeof value);
    }
}

FOR_EACH_PROCESSOR
void vireo_interpolate_rows(const float *upper, const float *lower, float weight, size_t count, uint8_t *target) {
    for (size_t i = 0; i < count; i++) {
        target[i] = (uint8_t)(int32_t)(upper[i] + (lower[i] - upper[i]) * weight + 0.5f);
    }
}

FOR_EACH_PROCESSOR
void vireo_scale_channel(const uint8_t *values, size_t count, float mean, float scale, float *target) {
    for (size_t i = 0; i < count; i++) target[i] = ((float)values[3 * i] - mean) / scale;
}
