/* The minimal filtering algorithms F(2, 3), F(4, 3), F(4, 5) and F(3, 7) of Winograd (S. Winograd, "Arithmetic
   Complexity of Computations", 1980) along one axis of an image or both. */
#include "vireo_onednn_kernels.h"

#include <stdbool.h>

#include "processors.h"
#include "team.h"
#include "vectors.h"
#include "winograd_matrices.h"

enum { most_points = 9, most_outputs = 4 };
enum { f32 = VIREO_ELEMENT_F32, bf16 = VIREO_ELEMENT_BF16 };
typedef __bf16 halves __attribute__((vector_size(lanes * sizeof(__bf16)), aligned(sizeof(__bf16))));

INLINE void load(const void *numbers, ptrdiff_t index, vireo_element element, lane *value) {
    if (element == f32) {
        *value = *(const lane *)((const float *)numbers + index);
    } else {
        *value = __builtin_convertvector(*(const halves *)((const __bf16 *)numbers + index), lane);
    }
}

/* Rounds to the nearest bf16: of two, to the even one. */
INLINE void store(void *numbers, ptrdiff_t index, vireo_element element, const lane *value) {
    if (element == f32) {
        *(lane *)((float *)numbers + index) = *value;
    } else {
        *(halves *)((__bf16 *)numbers + index) = __builtin_convertvector(*value, halves);
    }
}

/* Multiplies the `from` vectors at `in` by a matrix of `to` rows. Zeros of the matrix cost nothing. */
INLINE void multiply(
    int to, int from, const float matrix[to][from], const lane *in, int in_step, lane *out, int out_step) {
    UNROLLED for (int i = 0; i < to; i++) {
        lane sum = {0};
        bool is_first = true;
        UNROLLED for (int j = 0; j < from; j++) {
            if (matrix[i][j] == 0) continue;
            sum = is_first ? matrix[i][j] * in[j * in_step] : sum + matrix[i][j] * in[j * in_step];
            is_first = false;
        }
        out[i * out_step] = sum;
    }
}

INLINE void multiply_image(int points, const lane *in, int in_step, lane *out, int out_step) {
    if (points == 4) multiply(4, 4, image_4, in, in_step, out, out_step);
    if (points == 6) multiply(6, 6, image_6, in, in_step, out, out_step);
    if (points == 8) multiply(8, 8, image_8, in, in_step, out, out_step);
    if (points == 9) multiply(9, 9, image_9, in, in_step, out, out_step);
}

INLINE void multiply_sums(int points, const lane *in, int in_step, lane *out, int out_step) {
    if (points == 4) multiply(2, 4, sums_4, in, in_step, out, out_step);
    if (points == 6) multiply(4, 6, sums_6, in, in_step, out, out_step);
    if (points == 8) multiply(4, 8, sums_8, in, in_step, out, out_step);
    if (points == 9) multiply(3, 9, sums_9, in, in_step, out, out_step);
}

INLINE int outputs_of(int points) { return points == 1 ? 1 : points == 4 ? 2 : points == 9 ? 3 : 4; }

/* ---- From an image to points ---- */

struct image_context {
    const void *images;
    vireo_winograd_tiles tiles;
    void *transformed;
};

INLINE void transform_image(
    const struct image_context *c, long first, long last, int row_points, int column_points, vireo_element element) {
    const lane zero = {0};
    const vireo_winograd_axis rows = c->tiles.rows, columns = c->tiles.columns;
    const int channels = c->tiles.channels;
    for (long tile = first; tile < last; tile++) {
        const long tile_row = c->tiles.first_row + tile / columns.tiles;
        const ptrdiff_t image = tile_row / rows.tiles * c->tiles.image_stride;
        const long row = tile_row % rows.tiles * rows.outputs - rows.pad;
        const long column = tile % columns.tiles * columns.outputs - columns.pad;
        const ptrdiff_t result = (ptrdiff_t)tile * row_points * column_points * channels;
        for (int channel = 0; channel < channels; channel += lanes) {
            lane half[most_points * most_points], whole[most_points * most_points];
            for (int i = 0; i < row_points; i++) {
                lane line[most_points];
                bool isInside = row + i >= 0 && row + i < rows.extent;
                const ptrdiff_t pixels = image + (row + i) * rows.stride + channel;
                UNROLLED for (int j = 0; j < column_points; j++) {
                    bool isPixel = isInside && column + j >= 0 && column + j < columns.extent;
                    line[j] = zero;
                    if (isPixel) load(c->images, pixels + (column + j) * columns.stride, element, &line[j]);
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
                store(c->transformed, result + (ptrdiff_t)point * channels + channel, element, &points[point]);
            }
        }
    }
}

FOR_EACH_PROCESSOR static void transform_image_share(const void *context, long first, long last) {
    const struct image_context *c = context;
    switch (c->tiles.rows.points << 4 | c->tiles.columns.points) {
    case 0x66: transform_image(c, first, last, 6, 6, f32); break;
    case 0x16: transform_image(c, first, last, 1, 6, f32); break;
    case 0x61: transform_image(c, first, last, 6, 1, f32); break;
    case 0x18: transform_image(c, first, last, 1, 8, f32); break;
    case 0x81: transform_image(c, first, last, 8, 1, f32); break;
    case 0x19: transform_image(c, first, last, 1, 9, f32); break;
    case 0x91: transform_image(c, first, last, 9, 1, f32); break;
    }
}

ON_BF16 static void transform_image_share_bf16(const void *context, long first, long last) {
    transform_image(context, first, last, 4, 4, bf16);
}

void vireo_winograd_transform_image(const void *images, const vireo_winograd_tiles *tiles, void *transformed) {
    struct image_context context = {images, *tiles, transformed};
    vireo_share(
        (long)tiles->row_count * tiles->columns.tiles,
        tiles->element == bf16 ? transform_image_share_bf16 : transform_image_share, &context);
}

/* ---- From sums to an image ---- */

struct sums_context {
    const float *sums;
    vireo_winograd_tiles tiles;
    const float *bias;
    float lower, upper;
    void *images;
};

INLINE void transform_sums(
    const struct sums_context *c, long first, long last, int row_points, int column_points, vireo_element element) {
    const int row_outputs = outputs_of(row_points), column_outputs = outputs_of(column_points);
    const lane zero = {0}, lower = zero + c->lower, upper = zero + c->upper;
    const vireo_winograd_axis rows = c->tiles.rows, columns = c->tiles.columns;
    const int channels = c->tiles.channels;
    for (long tile = first; tile < last; tile++) {
        const long tile_row = c->tiles.first_row + tile / columns.tiles;
        const ptrdiff_t image = tile_row / rows.tiles * c->tiles.image_stride;
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
                const ptrdiff_t pixels = image + (row + i) * rows.stride + channel;
                for (int j = 0; j < column_outputs && column + j < columns.extent; j++) {
                    lane value = outputs[i * column_outputs + j] + bias;
                    CLAMP(lane, value, lower, upper);
                    store(c->images, pixels + (column + j) * columns.stride, element, &value);
                }
            }
        }
    }
}

FOR_EACH_PROCESSOR static void transform_sums_share(const void *context, long first, long last) {
    const struct sums_context *c = context;
    switch (c->tiles.rows.points << 4 | c->tiles.columns.points) {
    case 0x44: transform_sums(c, first, last, 4, 4, f32); break;
    case 0x66: transform_sums(c, first, last, 6, 6, f32); break;
    case 0x16: transform_sums(c, first, last, 1, 6, f32); break;
    case 0x61: transform_sums(c, first, last, 6, 1, f32); break;
    case 0x18: transform_sums(c, first, last, 1, 8, f32); break;
    case 0x81: transform_sums(c, first, last, 8, 1, f32); break;
    case 0x19: transform_sums(c, first, last, 1, 9, f32); break;
    case 0x91: transform_sums(c, first, last, 9, 1, f32); break;
    }
}

ON_BF16 static void transform_sums_share_bf16(const void *context, long first, long last) {
    transform_sums(context, first, last, 4, 4, bf16);
}

void vireo_winograd_transform_sums(
    const float *sums, const vireo_winograd_tiles *tiles, const float *bias, float lower, float upper, void *images) {
    struct sums_context context = {sums, *tiles, bias, lower, upper, images};
    vireo_share(
        (long)tiles->row_count * tiles->columns.tiles,
        tiles->element == bf16 ? transform_sums_share_bf16 : transform_sums_share, &context);
}

/* ---- Filters ---- */

/* In double precision: what is rounded here is wrong in every product. */
typedef double filter_lane __attribute__((vector_size(lanes * sizeof(double))));

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
    if (points == 4) multiply_taps(4, 3, filter_4, in, in_step, out, out_step);
    if (points == 6) multiply_taps(6, 3, filter_6, in, in_step, out, out_step);
    if (points == 8) multiply_taps(8, 5, filter_8, in, in_step, out, out_step);
    if (points == 9) multiply_taps(9, 7, filter_9, in, in_step, out, out_step);
}

/* The taps of 16 filters with one input channel; those beyond `count` are zeros. */
INLINE void load_taps(const float *filters, ptrdiff_t distance, int count, int tap_count, filter_lane *taps) {
    for (int tap = 0; tap < tap_count; tap++) {
        lane values = {0};
        if (count >= lanes) {
            UNROLLED for (int filter = 0; filter < lanes; filter++) values[filter] = filters[filter * distance + tap];
        } else {
            for (int filter = 0; filter < count; filter++) values[filter] = filters[filter * distance + tap];
        }
        taps[tap] = __builtin_convertvector(values, filter_lane);
    }
}

INLINE void pack_filters(
    const float *filters, int outputs, int inputs, int row_points, int row_taps, int column_points, int column_taps,
    const vireo_filter_layout *layout, float *packed) {
    const int height = row_points > 1 ? row_points : row_taps, width = column_points > 1 ? column_points : column_taps;
    /* An axis is either transformed, and its positions are points, or not, and they are taps. */
    const ptrdiff_t row_step = row_points > 1 ? column_points * layout->point : layout->row;
    const ptrdiff_t column_step = column_points > 1 ? layout->point : layout->column;
    const int tap_count = row_taps * column_taps, block = layout->block;
    const ptrdiff_t distance = (ptrdiff_t)inputs * tap_count;
    for (int first = 0; first < outputs; first += block) {
        for (int input = 0; input < inputs; input++) {
            float *result = packed + first / block * layout->output_block + input * layout->input;
            for (int output = first; output < first + block; output += lanes) {
                filter_lane taps[most_points * most_points], half[most_points * most_points];
                filter_lane whole[most_points * most_points];
                load_taps(
                    filters + (output < outputs ? output : 0) * distance + input * tap_count, distance,
                    outputs - output, tap_count, taps);
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
                        *(lane *)(result + output - first + i * row_step + j * column_step) =
                            __builtin_convertvector(points[i * width + j], lane);
                    }
                }
            }
        }
    }
}

FOR_EACH_PROCESSOR void vireo_winograd_pack_filters(
    const float *filters, int outputs, int inputs, int row_points, int row_taps, int column_points, int column_taps,
    const vireo_filter_layout *layout, float *packed) {
    if (row_points == 6 && column_points == 6) {
        pack_filters(filters, outputs, inputs, 6, 3, 6, 3, layout, packed);
    } else if (row_points == 4 && column_points == 4) {
        pack_filters(filters, outputs, inputs, 4, 3, 4, 3, layout, packed);
    } else {
        pack_filters(
            filters, outputs, inputs, row_points, row_taps, column_points, column_taps, layout, packed);
    }
}
