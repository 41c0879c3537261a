/* Depthwise convolutions: some neighbouring pixels of sixteen channels at a time, which share what they read. */
#include "depthwise.h"

#include <stdbool.h>

#include "processors.h"
#include "vectors.h"

enum { taps = depthwise_taps, most_pixels = 4 };

/* `count` pixels from `x` on. */
INLINE void compute_pixels(
    const int count, const int stride, const bool is_inside, const vireo_depthwise *d, const depthwise_row *row,
    int x, int first_channel, int last_channel) {
    const int first = x * stride - d->columns.pad, width = (count - 1) * stride + taps;
    const lane zero = {0}, lower = d->lower - zero, upper = d->upper - zero;
    bool is_pixel[(most_pixels - 1) * 2 + taps];
    for (int j = 0; j < width; j++) is_pixel[j] = is_inside || (first + j >= 0 && first + j < d->columns.extent);
    for (int channel = first_channel; channel < last_channel; channel += lanes) {
        lane sums[most_pixels];
        UNROLLED for (int p = 0; p < count; p++) sums[p] = *(const lane *)(d->bias + channel);
        UNROLLED for (int i = 0; i < taps; i++) {
            if (!row->image[i]) continue;
            const float *filter = d->filters + (long)i * taps * d->channels + channel;
            lane factors[taps];
            UNROLLED for (int j = 0; j < taps; j++) factors[j] = *(const lane *)(filter + (long)j * d->channels);
            UNROLLED for (int j = 0; j < width; j++) {
                if (!is_inside && !is_pixel[j]) continue;
                lane value = *(const lane *)(row->image[i] + (first + j) * row->image_stride + channel);
                UNROLLED for (int p = 0; p < count; p++) {
                    const int tap = j - p * stride;
                    if (tap >= 0 && tap < taps) sums[p] += value * factors[tap];
                }
            }
        }
        UNROLLED for (int p = 0; p < count; p++) {
            CLAMP(lane, sums[p], lower, upper);
            *(lane *)(row->result + (x + p) * row->result_stride + channel) = sums[p];
        }
    }
}

INLINE void compute_row(
    const int stride, const vireo_depthwise *d, const depthwise_row *row, int first_channel, int last_channel) {
    for (int x = 0; x < d->columns.result; x += most_pixels) {
        const int first = x * stride - d->columns.pad, end = first + (most_pixels - 1) * stride + taps;
        const int count = d->columns.result - x;
        if (count >= most_pixels && first >= 0 && end <= d->columns.extent) {
            compute_pixels(most_pixels, stride, true, d, row, x, first_channel, last_channel);
            continue;
        }
        switch (count) {
        case 1: compute_pixels(1, stride, false, d, row, x, first_channel, last_channel); break;
        case 2: compute_pixels(2, stride, false, d, row, x, first_channel, last_channel); break;
        case 3: compute_pixels(3, stride, false, d, row, x, first_channel, last_channel); break;
        default: compute_pixels(most_pixels, stride, false, d, row, x, first_channel, last_channel); break;
        }
    }
}

ON_AVX512 void compute_depthwise_row(
    const vireo_depthwise *depthwise, const depthwise_row *row, int first_channel, int last_channel) {
    if (depthwise->columns.stride == 1) {
        compute_row(1, depthwise, row, first_channel, last_channel);
    } else {
        compute_row(2, depthwise, row, first_channel, last_channel);
    }
}
