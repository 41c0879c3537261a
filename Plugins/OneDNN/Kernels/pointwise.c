/* Pointwise convolutions on a team of threads, which take strips of pixels, or columns where there are few pixels. */
#include "processors.h"
#include "product.h"
#include "team.h"

enum { line_numbers = 16 };

bool vireo_has_products(void) { return HAS_AVX512; }

struct shared_product {
    pixels from;
    long count;
    const vireo_product *product;
    sums to;
    long strips;
};

static void multiply_tiles(const void *context, long first, long last) {
    const struct shared_product *s = context;
    const long tiles = (s->count + tile_pixels - 1) / tile_pixels, columns = s->product->columns;
    while (first < last) {
        /* As many tiles of one panel as there are. */
        const long column = first / tiles * panel_columns, tile = first % tiles;
        const long end = tiles - tile < last - first ? tiles : tile + last - first;
        const long pixel = s->count * tile / tiles, offset = pixel * s->to.stride;
        pixels from = s->from;
        from.first += pixel * from.stride;
        const sums to = {s->to.first + offset, s->to.residual ? s->to.residual + offset : NULL, s->to.stride};
        multiply_pixels(
            &from, s->count * end / tiles - pixel, s->product, column,
            columns - column < panel_columns ? columns : column + panel_columns, &to, (upcoming){0});
        first += end - tile;
    }
}

void multiply_on_team(const pixels *from, long count, const vireo_product *product, const sums *to) {
    const struct shared_product shared = {*from, count, product, *to, 0};
    const long panels = (product->columns + panel_columns - 1) / panel_columns;
    vireo_share(panels * ((count + tile_pixels - 1) / tile_pixels), multiply_tiles, &shared);
}

static void multiply_strips(const void *context, int thread, vireo_items *items) {
    const struct shared_product *s = context;
    const long rows = s->product->rows, columns = s->product->columns;
    for (long item; (item = vireo_next(items, thread)) >= 0;) {
        const long first = s->count * item / s->strips, end = s->count * (item + 1) / s->strips;
        const long count = (item + 2 < s->strips ? s->count * (item + 2) / s->strips : s->count) - end;
        pixels from = s->from;
        from.first += first * rows;
        const long stride = s->to.stride;
        const float *residual = s->to.residual;
        const sums to = {s->to.first + first * stride, residual ? residual + first * stride : NULL, stride};
        upcoming next = {{{s->from.first + end * rows, count * rows / line_numbers}}};
        if (stride == columns) {
            const long written = count * columns / line_numbers;
            next.lines[1] = (struct lines){s->to.first + end * columns, written};
            if (residual && residual != s->to.first) next.lines[2] = (struct lines){residual + end * columns, written};
        }
        multiply_pixels(&from, end - first, s->product, 0, columns, &to, next);
    }
}

void vireo_pointwise_run(
    const vireo_product *product, long count, long strips, const float *source, const float *residual, float *result,
    long stride) {
    const pixels from = {source, product->rows, 0, 1, product->rows};
    const sums to = {result, residual, stride};
    if (strips == 0) {
        multiply_on_team(&from, count, product, &to);
    } else {
        const struct shared_product shared = {from, count, product, to, strips};
        vireo_share_items(strips, 0, multiply_strips, &shared);
    }
}
