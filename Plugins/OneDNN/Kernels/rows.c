/* Tensors side by side. */
#include "vireo_onednn_kernels.h"

#include <string.h>

#include "processors.h"
#include "team.h"

struct join {
    const vireo_rows *pieces;
    int count;
    size_t distance;
    char *result;
};

FOR_EACH_PROCESSOR static void join_share(const void *context, long first, long last) {
    typedef char vector __attribute__((vector_size(64), aligned(1)));
    const struct join *join = context;
    for (int piece = 0; piece < join->count; piece++) {
        const vireo_rows rows = join->pieces[piece];
        const char *source = (const char *)rows.source + first * rows.length;
        char *result = join->result + first * join->distance + rows.offset;
        for (long row = first; row < last; row++, source += rows.length, result += join->distance) {
            if (rows.length < sizeof(vector)) {
                memcpy(result, source, rows.length);
                continue;
            }
            /* The last vector overlaps the one before it. */
            for (size_t place = 0; place + sizeof(vector) < rows.length; place += sizeof(vector)) {
                *(vector *)(result + place) = *(const vector *)(source + place);
            }
            const size_t end = rows.length - sizeof(vector);
            *(vector *)(result + end) = *(const vector *)(source + end);
        }
    }
}

void vireo_join_rows(const vireo_rows *pieces, int count, long row_count, size_t distance, void *result) {
    struct join join = {pieces, count, distance, result};
    vireo_share(row_count, join_share, &join);
}
