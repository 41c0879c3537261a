/* The minimal filtering algorithms F(4, 3), F(4, 5) and F(3, 7) of Winograd (S. Winograd, "Arithmetic Complexity of
   Computations", 1980) along one axis of an image or both. */
#include "vireo_onednn_kernels.h"

#include <stdbool.h>

#include "processors.h"
#include "team.h"
#include "winograd_matrices.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLLED _Pragma("clang loop unroll(full)")

enum { lanes = 16, most_points = 9, most_outputs = 4 };
typedef float lane __attribute__((vector_size(lanes * sizeof(float)), aligned(sizeof(float))));

/* Multiplies the `from` vectors at `in` by a matrix of `to` rows. Zeros of the matrix cost nothing. */
INLINE void multiply(
    int to, int from, const float matrix[to][from], const lane *in, int in_step, lane *out, int out_step) {
    UNROLLED for (int i = 0; i < to; i++) {
        lane sum = {0};
        UNROLLED for (int j = 0; j < from; j++) {
            if (matrix[i][j] != 0) sum += matrix[i][j] * in[j * in_step];
        }
        out[i * out_step] = sum;
    }
}

INLINE void multiply_image(int points, const lane *in, int in_step, lane *out, int out_step) {
    if (points == 6) multiply(6, 6, image_6, in, in_step, out, out_step);
    if (points == 8) multiply(8, 8, image_8, in, in_step, out, out_step);
    if (points == 9) multiply(9, 9, image_9, in, in_step, out, out_step);
}

INLINE void multiply_sums(int points, const lane *in, int in_step, lane *out, int out_step) {
    if (points == 6) multiply(4, 6, sums_6, in, in_step, out, out_step);
    if (points == 8) multiply(4, 8, sums_8, in, in_step, out, out_step);
    if (points == 9) multiply(3, 9, sums_9, in, in_step, out, out_step);
}

INLINE int outputs_of(int points) { return points == 1 ? 1 : points == 9 ? 3 : 4; }

/* ---- From an image to points ---- */

struct image_context {
    const float *images;
    vireo_winograd_tiles tiles;
    float *transformed;
};

INLINE void transform_image(const struct image_context *c, long first, long last, int row_points, int column_points) {
    const lane zero = {0};
    const vireo_winograd_axis rows = c->tiles.rows, columns = c->tiles.columns;
    const int channels = c->tiles.channels;
    for (long tile = first; tile < last; tile++) {
        const long tile_row = c->tiles.first_row + tile / columns.tiles;
        const float *image = c->images + tile_row / rows.tiles * c->tiles.image_stride;
        const long row = tile_row % rows.tiles * rows.outputs - rows.pad;
        const long column = tile % columns.tiles * columns.outputs - columns.pad;
        float *result = c->transformed + tile * row_points * column_points * channels;
        for (int channel = 0; channel < channels; channel += lanes) {
            lane half[most_points * most_points], whole[most_points * most_points];
            for (int i = 0; i < row_points; i++) {
                lane line[most_points];
                bool isInside = row + i >= 0 && row + i < rows.extent;
                const float *pixels = image + (row + i) * rows.stride + channel;
                UNROLLED for (int j = 0; j < column_points; j++) {
                    bool isPixel = isInside && column + j >= 0 && column + j < columns.extent;
                    line[j] = isPixel ? *(const lane *)(pixels + (column + j) * columns.stride) : zero;
                }
                if (column_points > 1) {
                    multiply_image(column_points, line, 1, half + i * column_points, 1);
                } else {
                    half[i] = line[0];
                }
            }
            const lane *points = half;
            if (row_points > 1) {
                for (int j = 0; j < column_points; j++) {
                    multiply_image(row_points, half + j, column_points, whole + j, column_points);
                }
                points = whole;
            }
            for (int point = 0; point < row_points * column_points; point++) {
                *(lane *)(result + (long)point * channels + channel) = points[point];
            }
        }
    }
}

FOR_EACH_PROCESSOR static void transform_image_share(const void *context, long first, long last) {
    const struct image_context *c = context;
    switch (c->tiles.rows.points * 16 + c->tiles.columns.points) {
    case 0x66: transform_image(c, first, last, 6, 6); break;
    case 0x16: transform_image(c, first, last, 1, 6); break;
    case 0x61: transform_image(c, first, last, 6, 1); break;
    case 0x18: transform_image(c, first, last, 1, 8); break;
    case 0x81: transform_image(c, first, last, 8, 1); break;
    case 0x19: transform_image(c, first, last, 1, 9); break;
    case 0x91: transform_image(c, first, last, 9, 1); break;
    }
}

void vireo_winograd_transform_image(const float *images, const vireo_winograd_tiles *tiles, float *transformed) {
    struct image_context context = {images, *tiles, transformed};
    vireo_share((long)tiles->row_count * tiles->columns.tiles, transform_image_share, &context);
}

/* ---- From sums to an image ---- */

struct sums_context {
    const float *sums;
    vireo_winograd_tiles tiles;
    const float *bias;
    float lower, upper;
    float *images;
};

INLINE void transform_sums(const struct sums_context *c, long first, long last, int row_points, int column_points) {
    const int row_outputs = outputs_of(row_points), column_outputs = outputs_of(column_points);
    const lane zero = {0}, lower = zero + c->lower, upper = zero + c->upper;
    const vireo_winograd_axis rows = c->tiles.rows, columns = c->tiles.columns;
    const int channels = c->tiles.channels;
    for (long tile = first; tile < last; tile++) {
        const long tile_row = c->tiles.first_row + tile / columns.tiles;
        float *image = c->images + tile_row / rows.tiles * c->tiles.image_stride;
        const long row = tile_row % rows.tiles * row_outputs, column = tile % columns.tiles * column_outputs;
        const float *sums = c->sums + tile * row_points * column_points * channels;
        for (int channel = 0; channel < channels; channel += lanes) {
            lane half[most_points * most_outputs], whole[most_outputs * most_outputs];
            for (int i = 0; i < row_points; i++) {
                lane line[most_points];
                UNROLLED for (int j = 0; j < column_points; j++) {
                    line[j] = *(const lane *)(sums + (long)(i * column_points + j) * channels + channel);
                }
                if (column_points > 1) {
                    multiply_sums(column_points, line, 1, half + i * column_outputs, 1);
                } else {
                    half[i] = line[0];
                }
            }
            const lane *outputs = half;
            if (row_points > 1) {
                for (int j = 0; j < column_outputs; j++) {
                    multiply_sums(row_points, half + j, column_outputs, whole + j, column_outputs);
                }
                outputs = whole;
            }
            lane bias = c->bias ? *(const lane *)(c->bias + channel) : zero;
            for (int i = 0; i < row_outputs && row + i < rows.extent; i++) {
                float *pixels = image + (row + i) * rows.stride + channel;
                for (int j = 0; j < column_outputs && column + j < columns.extent; j++) {
                    lane value = outputs[i * column_outputs + j] + bias;
                    value = __builtin_elementwise_min(__builtin_elementwise_max(value, lower), upper);
                    *(lane *)(pixels + (column + j) * columns.stride) = value;
                }
            }
        }
    }
}

FOR_EACH_PROCESSOR static void transform_sums_share(const void *context, long first, long last) {
    const struct sums_context *c = context;
    switch (c->tiles.rows.points * 16 + c->tiles.columns.points) {
    case 0x66: transform_sums(c, first, last, 6, 6); break;
    case 0x16: transform_sums(c, first, last, 1, 6); break;
    case 0x61: transform_sums(c, first, last, 6, 1); break;
    case 0x18: transform_sums(c, first, last, 1, 8); break;
    case 0x81: transform_sums(c, first, last, 8, 1); break;
    case 0x19: transform_sums(c, first, last, 1, 9); break;
    case 0x91: transform_sums(c, first, last, 9, 1); break;
    }
}

void vireo_winograd_transform_sums(
    const float *sums, const vireo_winograd_tiles *tiles, const float *bias, float lower, float upper, float *images) {
    struct sums_context context = {sums, *tiles, bias, lower, upper, images};
    vireo_share((long)tiles->row_count * tiles->columns.tiles, transform_sums_share, &context);
}

/* ---- Filters ---- */

/* In double precision: what is rounded here is wrong in every product. */
enum { filter_lanes = 8 };
typedef double filter_lane __attribute__((vector_size(filter_lanes * sizeof(double))));
typedef float filter_result __attribute__((vector_size(filter_lanes * sizeof(float)), aligned(sizeof(float))));

INLINE void multiply_taps(
    int to, int from, const double matrix[to][from], const filter_lane *in, int in_step, filter_lane *out,
    int out_step) {
    UNROLLED for (int i = 0; i < to; i++) {
        filter_lane sum = {0};
        UNROLLED for (int j = 0; j < from; j++) {
            if (matrix[i][j] != 0) sum += matrix[i][j] * in[j * in_step];
        }
        out[i * out_step] = sum;
    }
}

INLINE void multiply_filter(int points, const filter_lane *in, int in_step, filter_lane *out, int out_step) {
    if (points == 6) multiply_taps(6, 3, filter_6, in, in_step, out, out_step);
    if (points == 8) multiply_taps(8, 5, filter_8, in, in_step, out, out_step);
    if (points == 9) multiply_taps(9, 7, filter_9, in, in_step, out, out_step);
}

INLINE void transform_filters(
    const float *filters, size_t count, int row_points, int row_taps, int column_points, int column_taps,
    float *transformed) {
    const int height = row_points > 1 ? row_points : row_taps, width = column_points > 1 ? column_points : column_taps;
    /* What is left of the taps stays with its filter. */
    const int rest = (row_points > 1 ? 1 : row_taps) * (column_points > 1 ? 1 : column_taps);
    for (size_t first = 0; first < count; first += filter_lanes) {
        const size_t lanes_used = count - first < filter_lanes ? count - first : filter_lanes;
        filter_lane taps[most_points * most_points] = {0}, half[most_points * most_points];
        filter_lane whole[most_points * most_points];
        for (size_t filter = 0; filter < lanes_used; filter++) {
            const float *given = filters + (first + filter) * row_taps * column_taps;
            for (int tap = 0; tap < row_taps * column_taps; tap++) taps[tap][filter] = given[tap];
        }
        const filter_lane *points = taps;
        if (column_points > 1) {
            for (int i = 0; i < row_taps; i++) {
                multiply_filter(column_points, taps + i * column_taps, 1, half + i * width, 1);
            }
            points = half;
        }
        if (row_points > 1) {
            for (int j = 0; j < width; j++) multiply_filter(row_points, points + j, width, whole + j, width);
            points = whole;
        }
        for (int i = 0; i < height; i++) {
            for (int j = 0; j < width; j++) {
                /* An axis is either transformed, and its positions are points, or not, and they are taps. */
                size_t point = (row_points > 1 ? (size_t)i * column_points : 0) + (column_points > 1 ? j : 0);
                size_t tap = (row_points > 1 ? 0 : (size_t)i * (column_points > 1 ? 1 : column_taps))
                    + (column_points > 1 ? 0 : j);
                float *result = transformed + (point * count + first) * rest + tap;
                filter_result values = __builtin_convertvector(points[i * width + j], filter_result);
                if (rest == 1 && lanes_used == filter_lanes) {
                    *(filter_result *)result = values;
                } else {
                    for (size_t filter = 0; filter < lanes_used; filter++) result[filter * rest] = values[filter];
                }
            }
        }
    }
}

FOR_EACH_PROCESSOR void vireo_winograd_transform_filters(
    const float *filters, size_t count, int row_points, int row_taps, int column_points, int column_taps,
    float *transformed) {
    if (row_points == 6 && column_points == 6) {
        transform_filters(filters, count, 6, 3, 6, 3, transformed);
    } else {
        transform_filters(filters, count, row_points, row_taps, column_points, column_taps, transformed);
    }
}
