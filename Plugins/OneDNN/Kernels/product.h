/* Pixels times a matrix. */
#ifndef VIREO_ONEDNN_PRODUCT_H
#define VIREO_ONEDNN_PRODUCT_H

#include "vireo_onednn_kernels.h"

enum { panel_columns = 32, tile_pixels = 14 };

/* Pixels that are `segments` runs of `length` numbers each. */
typedef struct pixels {
    const float *first;
    /* Numbers from one pixel to the next, and from one segment to the next. */
    long stride, segment_stride;
    int segments, length;
} pixels;

/* Where the sums go, with what is added to them, or NULL. */
typedef struct sums {
    float *first;
    const float *residual;
    long stride;
} sums;

/* Memory that is needed soon and may come to the second cache meanwhile, in lines of 16 numbers. */
typedef struct upcoming {
    struct lines {
        const float *first;
        long count;
    } lines[3];
} upcoming;

/* Multiplies `count` pixels by the columns from `first_column`, a multiple of 32, to `last_column` - 1. */
void multiply_pixels(
    const pixels *pixels, long count, const vireo_product *product, int first_column, int last_column,
    const sums *sums, upcoming upcoming);

/* Multiplies `count` pixels by all columns on the caller's team, whose threads share the columns. */
void multiply_on_team(const pixels *pixels, long count, const vireo_product *product, const sums *sums);

#endif
