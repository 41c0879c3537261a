/* Depthwise convolutions, row by row. */
#ifndef VIREO_ONEDNN_DEPTHWISE_H
#define VIREO_ONEDNN_DEPTHWISE_H

#include "vireo_onednn_kernels.h"

enum { depthwise_taps = 3 };

/* One row of the result, and the rows of the image that it comes from: NULL for zeros. */
typedef struct depthwise_row {
    const float *image[depthwise_taps];
    float *result;
    /* Numbers from one pixel to the next. */
    long image_stride, result_stride;
} depthwise_row;

/* Computes the channels from `first_channel` to `last_channel` - 1, both multiples of 16. */
void compute_depthwise_row(
    const vireo_depthwise *depthwise, const depthwise_row *row, int first_channel, int last_channel);

#endif
