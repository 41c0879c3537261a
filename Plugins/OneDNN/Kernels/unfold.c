/* Rows of pixels as a window sees them, one step after the other. */
#include "vireo_onednn_kernels.h"

#include <string.h>

#include "processors.h"
#include "team.h"

struct unfold_context {
    const char *images;
    vireo_unfolding unfolding;
    char *result;
};

static long at_most(long a, long b) { return a < b ? a : b; }
static long at_least(long a, long b) { return a > b ? a : b; }

/* One step, which may reach beyond the row. */
static void unfold_step(const vireo_unfolding *u, const char *row, long step, char *taps) {
    const long column = step * u->stride - u->pad;
    const long first = at_most(at_least(-column, 0), u->taps);
    const long last = at_least(at_most(u->width - column, u->taps), first);
    const size_t pixel = u->pixel_size;
    memset(taps, u->fill, first * pixel);
    if (first < last) memcpy(taps + first * pixel, row + (column + first) * pixel, (last - first) * pixel);
    memset(taps + last * pixel, u->fill, (u->taps - last) * pixel);
}

/* Copies of a whole vector are faster than of what is wanted; what they write too much the next step overwrites. */
enum { vector_size = 64 };

FOR_EACH_PROCESSOR static void unfold_share(const void *context, long first, long last) {
    const struct unfold_context *c = context;
    const vireo_unfolding u = c->unfolding;
    const long pixel = u.pixel_size, size = u.taps * pixel, width = u.width * pixel, length = u.steps * size;
    /* The steps before the first that lies within the row, and before the last for which there is a whole vector. */
    const long begin = at_most((u.pad + u.stride - 1) / u.stride, u.steps);
    long end = begin;
    if (size <= vector_size && width >= vector_size && length >= vector_size) {
        const long read = ((width - vector_size) / pixel + u.pad) / u.stride + 1;
        end = at_least(at_most(read, (length - vector_size) / size + 1), begin);
    }
    for (long row = first; row < last; row++) {
        const char *source = c->images + row * width;
        char *result = c->result + row * length;
        for (long step = 0; step < begin; step++) unfold_step(&u, source, step, result + step * size);
        for (long step = begin; step < end; step++) {
            memcpy(result + step * size, source + (step * u.stride - u.pad) * pixel, vector_size);
        }
        for (long step = end; step < u.steps; step++) unfold_step(&u, source, step, result + step * size);
    }
}

void vireo_unfold_rows(const void *images, long rows, const vireo_unfolding *unfolding, void *result) {
    struct unfold_context context = {images, *unfolding, result};
    vireo_share(rows, unfold_share, &context);
}
