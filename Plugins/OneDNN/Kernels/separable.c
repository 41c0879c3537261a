/* Depthwise convolutions with their pointwise neighbours. Threads take strips of rows, of which only what the window
   still needs stays in memory; or, where an image has few rows, channels. */
#include <stdbool.h>
#include <string.h>

#include "depthwise.h"
#include "product.h"
#include "team.h"

enum { line_numbers = 16 };

struct run {
    const vireo_separable *block;
    const float *source, *residual;
    float *result, *scratch;
};

static long rounded_up(long count) { return (count + line_numbers - 1) / line_numbers * line_numbers; }

/* The distance between pixels of which a product reads several at a time: with a power of two they would push each
   other out of the cache. */
static long projected_stride(const vireo_separable *b) {
    return b->depthwise.channels % 256 == 0 ? b->depthwise.channels + line_numbers : b->depthwise.channels;
}

static long row_size(const vireo_separable *b) { return (long)b->depthwise.columns.extent * b->depthwise.channels; }

/* Rows of the expanded image that are kept: in turns, where they are fewer than the image has. */
static int kept_rows(const vireo_separable *b) {
    const vireo_axis *rows = &b->depthwise.rows;
    return b->rows_at_once > 0 ? (b->rows_at_once - 1) * rows->stride + depthwise_taps : rows->extent;
}

static long expanded_size(const vireo_separable *b) {
    return b->expansion.columns > 0 ? rounded_up(kept_rows(b) * row_size(b)) : 0;
}

static long filtered_size(const vireo_separable *b) {
    const int rows = b->rows_at_once > 0 ? b->rows_at_once : b->depthwise.rows.result;
    return b->projection.columns > 0 ? rounded_up((long)rows * b->depthwise.columns.result * projected_stride(b)) : 0;
}

static long patch_width(const vireo_separable *b) {
    const vireo_patches *p = &b->patches;
    return rounded_up(((long)(p->columns.result - 1) * p->columns.stride + p->column_taps) * p->numbers);
}

static long patch_size(const vireo_separable *b) {
    return b->patches.planes > 0 ? b->patches.planes * b->patches.row_taps * patch_width(b) : 0;
}

static long size_of_one(const vireo_separable *b) { return expanded_size(b) + filtered_size(b) + patch_size(b); }

size_t vireo_separable_scratch(const vireo_separable *block, int threads) {
    return size_of_one(block) * (block->rows_at_once > 0 ? threads : 1);
}

static long source_size(const vireo_separable *b) {
    const vireo_patches *patches = &b->patches;
    if (patches->planes > 0) {
        return (long)patches->planes * patches->rows.extent * patches->columns.extent * patches->numbers;
    }
    const long pixels = (long)b->depthwise.rows.extent * b->depthwise.columns.extent;
    return pixels * (b->expansion.columns > 0 ? b->expansion.rows : b->depthwise.channels);
}

static int result_channels(const vireo_separable *b) {
    return b->projection.columns > 0 ? b->projection.columns : b->depthwise.channels;
}

/* ---- The expansion ---- */

/* Copies the rows of planes that one row of the expanded image comes from, with their pads. */
static void copy_patches(const vireo_separable *b, const float *image, int row, float *patch) {
    const vireo_patches *p = &b->patches;
    const long width = patch_width(b), pad = (long)p->columns.pad * p->numbers;
    const long line_size = (long)p->columns.extent * p->numbers;
    const long copied = line_size < width - pad ? line_size : width - pad;
    for (int line = 0; line < p->planes * p->row_taps; line++, patch += width) {
        const int y = row * p->rows.stride - p->rows.pad + line % p->row_taps;
        memset(patch, 0, width * sizeof(float));
        if (y < 0 || y >= p->rows.extent) continue;
        const float *from = image + ((long)(line / p->row_taps) * p->rows.extent + y) * line_size;
        memcpy(patch + pad, from, copied * sizeof(float));
        /* Rows are too short for the processor to foresee the next. */
        if (y + p->rows.stride >= p->rows.extent) continue;
        from += p->rows.stride * line_size;
        for (long number = 0; number < copied; number += line_numbers) __builtin_prefetch(from + number);
    }
}

/* Computes rows of the expanded image from `first` to `end` - 1, each in its turn of the kept ones. */
static void expand_rows(
    const vireo_separable *b, const float *image, float *expanded, float *patch, int first, int end) {
    const vireo_depthwise *d = &b->depthwise;
    const vireo_product *product = &b->expansion;
    const int kept = kept_rows(b), width = d->columns.extent;
    while (first < end) {
        const int turn = first % kept;
        const int most = b->patches.planes > 0 ? 1 : kept - turn, count = most < end - first ? most : end - first;
        pixels from = {image + (long)first * width * product->rows, product->rows, 0, 1, product->rows};
        if (b->patches.planes > 0) {
            copy_patches(b, image, first, patch);
            const vireo_patches *p = &b->patches;
            from = (pixels){
                patch, (long)p->columns.stride * p->numbers, patch_width(b), p->planes * p->row_taps,
                p->column_taps * p->numbers};
        }
        const sums to = {expanded + turn * row_size(b), NULL, d->channels};
        multiply_pixels(&from, (long)count * width, product, 0, product->columns, &to, (upcoming){0});
        first += count;
    }
}

/* ---- The window ---- */

/* Computes one row of the depthwise convolution. `image` holds all rows, or the kept ones in turns. */
static void filter_row(
    const vireo_separable *b, const float *image, int y, float *result, int first_channel, int last_channel) {
    const vireo_depthwise *d = &b->depthwise;
    const int kept = b->expansion.columns > 0 ? kept_rows(b) : d->rows.extent;
    depthwise_row row = {
        .result = result, .image_stride = d->channels,
        .result_stride = b->projection.columns > 0 ? projected_stride(b) : d->channels};
    for (int i = 0; i < depthwise_taps; i++) {
        const int at = y * d->rows.stride - d->rows.pad + i;
        row.image[i] = at < 0 || at >= d->rows.extent ? NULL : image + at % kept * row_size(b);
    }
    compute_depthwise_row(d, &row, first_channel, last_channel);
}

/* ---- Strips of rows ---- */

/* What a thread has of the expanded image from the strip before. */
struct kept {
    long item;
    int end;
};

static long strips_of(const vireo_separable *b) {
    return (b->depthwise.rows.result + b->rows_at_once - 1) / b->rows_at_once;
}

/* What the strip after this one needs, which ends before row `end` of the result and row `to` of the source. */
static upcoming next_strip(const vireo_separable *b, const float *source, int to, const float *result, int end) {
    const vireo_axis *rows = &b->depthwise.rows;
    const long row = (long)b->depthwise.columns.result * result_channels(b);
    const int left = rows->result - end, count = b->rows_at_once < left ? b->rows_at_once : left;
    upcoming next = {{{0}, {result + end * row, count * row / line_numbers}}};
    /* Rows of planes are foreseen where they are copied. */
    if (b->patches.planes == 0) {
        const long source_row = source_size(b) / rows->extent;
        const int source_left = rows->extent - to, source_count = count * rows->stride;
        next.lines[0].first = source + to * source_row;
        next.lines[0].count = (source_count < source_left ? source_count : source_left) * source_row / line_numbers;
    }
    return next;
}

static void run_strip(const struct run *run, int thread, struct kept *kept, long item) {
    const vireo_separable *b = run->block;
    const vireo_depthwise *d = &b->depthwise;
    const long strips = strips_of(b), image = item / strips, strip = item % strips;
    const int first = d->rows.result * strip / strips, end = d->rows.result * (strip + 1) / strips;
    const int channels = result_channels(b), width = d->columns.result;
    float *expanded = run->scratch + thread * size_of_one(b), *filtered = expanded + expanded_size(b);
    const float *source = run->source + image * source_size(b);
    float *result = run->result + image * d->rows.result * width * channels;
    const long offset = (long)first * width * channels;
    int from = first * d->rows.stride - d->rows.pad, to = (end - 1) * d->rows.stride - d->rows.pad + depthwise_taps;
    if (from < 0) from = 0;
    if (to > d->rows.extent) to = d->rows.extent;
    if (b->expansion.columns > 0) {
        if (strip > 0 && kept->item == item - 1 && kept->end > from) from = kept->end;
        expand_rows(b, source, expanded, filtered + filtered_size(b), from, to);
        *kept = (struct kept){item, to};
    }
    const float *image_rows = b->expansion.columns > 0 ? expanded : source;
    const long filtered_row = width * (b->projection.columns > 0 ? projected_stride(b) : channels);
    float *rows = b->projection.columns > 0 ? filtered : result + offset;
    for (int y = first; y < end; y++) filter_row(b, image_rows, y, rows + (y - first) * filtered_row, 0, d->channels);
    if (b->projection.columns == 0) return;
    const pixels pixels = {filtered, projected_stride(b), 0, 1, b->projection.rows};
    const float *residual = run->residual ? run->residual + (result - run->result) + offset : NULL;
    const sums sums = {result + offset, residual, channels};
    multiply_pixels(
        &pixels, (long)(end - first) * width, &b->projection, 0, channels, &sums,
        next_strip(b, source, to, result, end));
}

static void run_strips(const void *context, int thread, vireo_items *items) {
    struct kept kept = {-1, 0};
    for (long item; (item = vireo_next(items, thread)) >= 0;) run_strip(context, thread, &kept, item);
}

/* ---- Channels ---- */

/* One image, which the threads share. */
struct shared_image {
    const vireo_separable *block;
    const float *source, *residual;
    float *expanded, *filtered, *result;
};

static void filter_panels(const void *context, long first, long last) {
    const struct shared_image *s = context;
    const vireo_separable *b = s->block;
    const vireo_depthwise *d = &b->depthwise;
    const int from = first * panel_columns;
    const int to = last * panel_columns < d->channels ? last * panel_columns : d->channels;
    if (b->expansion.columns > 0) {
        const pixels image = {s->source, b->expansion.rows, 0, 1, b->expansion.rows};
        const sums expanded = {s->expanded, NULL, d->channels};
        multiply_pixels(
            &image, (long)d->rows.extent * d->columns.extent, &b->expansion, from, to, &expanded,
            (upcoming){0});
    }
    const long stride = d->columns.result * (b->projection.columns > 0 ? projected_stride(b) : d->channels);
    for (int y = 0; y < d->rows.result; y++) {
        filter_row(b, b->expansion.columns > 0 ? s->expanded : s->source, y, s->filtered + y * stride, from, to);
    }
}

static void run_image(const struct run *run, long image) {
    const vireo_separable *b = run->block;
    const long count = (long)b->depthwise.rows.result * b->depthwise.columns.result;
    const long offset = image * count * result_channels(b);
    struct shared_image shared = {
        b, run->source + image * source_size(b), run->residual ? run->residual + offset : NULL, run->scratch,
        run->scratch + expanded_size(b), run->result + offset};
    if (b->projection.columns == 0) shared.filtered = shared.result;
    vireo_share((b->depthwise.channels + panel_columns - 1) / panel_columns, filter_panels, &shared);
    if (b->projection.columns == 0) return;
    const struct pixels from = {shared.filtered, projected_stride(b), 0, 1, b->projection.rows};
    const sums to = {shared.result, shared.residual, b->projection.columns};
    multiply_on_team(&from, count, &b->projection, &to);
}

void vireo_separable_run(
    const vireo_separable *block, const float *source, const float *residual, float *result, float *scratch) {
    const struct run run = {block, source, residual, result, scratch};
    if (block->rows_at_once > 0) {
        /* Whoever takes a strip from another has nothing kept, and is slower by that. */
        vireo_share_items(block->images * strips_of(block), block->expansion.columns > 0 ? 2 : 0, run_strips, &run);
        return;
    }
    for (long image = 0; image < block->images; image++) run_image(&run, image);
}
