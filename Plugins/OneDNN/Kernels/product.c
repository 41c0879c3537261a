/* Pointwise convolutions: tiles of some pixels by some columns whose sums stay in registers. */
#include "product.h"

#include <stdbool.h>
#include <string.h>

#include "processors.h"
#include "vectors.h"

/* `rows` pixels by `vectors` times sixteen columns, and eight more where `has_half`. Has one line come to the second
   cache for each line of the matrix, from `ahead` on. */
INLINE void multiply_tile(
    const int rows, const int vectors, const bool has_half, const pixels *from, const float *matrix,
    const float *bias, const float *ahead, const vireo_product *product, const sums *to) {
    lane whole[tile_pixels][2];
    half_lane half[tile_pixels];
    const lane zero = {0};
    const half_lane half_zero = {0};
    UNROLLED for (int r = 0; r < rows; r++) {
        UNROLLED for (int v = 0; v < vectors; v++) whole[r][v] = *(const lane *)(bias + v * lanes);
        if (has_half) half[r] = *(const half_lane *)(bias + vectors * lanes);
    }
    const float *pixel = from->first;
    const long stride = from->stride;
    for (int segment = 0; segment < from->segments; segment++) {
        NOT_UNROLLED for (int k = 0; k < from->length; k++) {
            __builtin_prefetch(ahead, 0, 2);
            ahead += lanes;
            lane factors[2];
            half_lane half_factors = half_zero;
            UNROLLED for (int v = 0; v < vectors; v++) factors[v] = *(const lane *)(matrix + v * lanes);
            if (has_half) half_factors = *(const half_lane *)(matrix + vectors * lanes);
            UNROLLED for (int r = 0; r < rows; r++) {
                UNROLLED for (int v = 0; v < vectors; v++) whole[r][v] += (pixel[r * stride + k] - zero) * factors[v];
                if (has_half) half[r] += (pixel[r * stride + k] - half_zero) * half_factors;
            }
            matrix += panel_columns;
        }
        pixel += from->segment_stride;
    }
    const lane lower = product->lower - zero, upper = product->upper - zero;
    const half_lane half_lower = product->lower - half_zero, half_upper = product->upper - half_zero;
    UNROLLED for (int r = 0; r < rows; r++) {
        float *result = to->first + r * to->stride;
        const float *residual = to->residual ? to->residual + r * to->stride : NULL;
        UNROLLED for (int v = 0; v < vectors; v++) {
            lane value = whole[r][v];
            if (residual) value += *(const lane *)(residual + v * lanes);
            CLAMP(lane, value, lower, upper);
            *(lane *)(result + v * lanes) = value;
        }
        if (has_half) {
            half_lane value = half[r];
            if (residual) value += *(const half_lane *)(residual + vectors * lanes);
            CLAMP(half_lane, value, half_lower, half_upper);
            *(half_lane *)(result + vectors * lanes) = value;
        }
    }
}

INLINE void multiply_rows(
    const int vectors, const bool has_half, long rows, const pixels *from, const float *matrix, const float *bias,
    const float *ahead, const vireo_product *product, const sums *to) {
#define CASE(n) \
    case n: multiply_tile(n, vectors, has_half, from, matrix, bias, ahead, product, to); break;
    switch (rows) {
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7)
        CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13) CASE(14)
    }
#undef CASE
}

ON_AVX512 void multiply_pixels(
    const pixels *from, long count, const vireo_product *product, int first_column, int last_column,
    const sums *to, upcoming upcoming) {
    const long depth = (long)from->segments * from->length, tiles = (count + tile_pixels - 1) / tile_pixels;
    struct lines *lines = upcoming.lines, *const end = lines + sizeof(upcoming.lines) / sizeof(*lines);
    float partial[tile_pixels * panel_columns];
    for (int column = first_column; column < last_column; column += panel_columns) {
        const float *matrix = product->matrix + column * depth, *bias = product->bias + column;
        const int columns = last_column - column < panel_columns ? last_column - column : panel_columns;
        const bool has_half = columns > lanes && columns <= lanes + half_lanes;
        const bool is_whole = columns % lanes == 0 || (has_half && columns % half_lanes == 0);
        const float *next = column + panel_columns < last_column ? matrix + panel_columns * depth : matrix;
        for (long tile = 0; tile < tiles; tile++) {
            const float *ahead = next + tile % 2 * lanes * depth;
            while (lines < end && lines->count <= 0) lines++;
            if (lines < end) {
                ahead = lines->first;
                lines->first += lanes * depth;
                lines->count -= depth;
            }
            const long first = count * tile / tiles, rows = count * (tile + 1) / tiles - first;
            pixels part = *from;
            part.first += first * from->stride;
            const long offset = first * to->stride + column;
            sums place = {to->first + offset, to->residual ? to->residual + offset : NULL, to->stride};
            if (!is_whole) {
                for (long r = 0; r < rows && to->residual; r++) {
                    memcpy(partial + r * panel_columns, place.residual + r * to->stride, columns * sizeof(float));
                }
                place = (sums){partial, to->residual ? partial : NULL, panel_columns};
            }
            if (has_half) {
                multiply_rows(1, true, rows, &part, matrix, bias, ahead, product, &place);
            } else if (columns > lanes) {
                multiply_rows(2, false, rows, &part, matrix, bias, ahead, product, &place);
            } else {
                multiply_rows(1, false, rows, &part, matrix, bias, ahead, product, &place);
            }
            for (long r = 0; r < rows && !is_whole; r++) {
                memcpy(to->first + offset + r * to->stride, partial + r * panel_columns, columns * sizeof(float));
            }
        }
    }
}
