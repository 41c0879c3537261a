/* A matrix times one vector. Every weight is read once, so that memory is what takes the time: several streams of rows
   far from each other come faster than one. */
#include <string.h>

#include "processors.h"
#include "team.h"
#include "vectors.h"
#include "vireo_onednn_kernels.h"

/* Vectors of a row at a time, and how many numbers ahead of them memory is asked for what comes next. */
enum { streams = 4, vectors = 2, step = vectors * lanes, numbers_ahead = 512 };

struct vector_product {
    const float *matrix, *vector, *bias;
    long depth;
    float lower, upper;
    float *result;
};

/* `count` rows, each `distance` after the other. */
INLINE void multiply_rows(const int count, const struct vector_product *p, long first, long distance) {
    lane sums[streams][vectors] = {0};
    const float *weights = p->matrix + first * p->depth;
    const long stride = distance * p->depth;
    long k = 0;
    for (; k + step <= p->depth; k += step) {
        UNROLLED for (int v = 0; v < vectors; v++) {
            const lane numbers = *(const lane *)(p->vector + k + v * lanes);
            UNROLLED for (int r = 0; r < count; r++) {
                const float *from = weights + r * stride + k + v * lanes;
                __builtin_prefetch(from + numbers_ahead, 0, 2);
                sums[r][v] += *(const lane *)from * numbers;
            }
        }
    }
    for (; k < p->depth; k += lanes) {
        const long rest = p->depth - k < lanes ? p->depth - k : lanes;
        lane numbers = {0};
        memcpy(&numbers, p->vector + k, rest * sizeof(float));
        UNROLLED for (int r = 0; r < count; r++) {
            lane factors = {0};
            memcpy(&factors, weights + r * stride + k, rest * sizeof(float));
            sums[r][0] += factors * numbers;
        }
    }
    UNROLLED for (int r = 0; r < count; r++) {
        const long row = first + r * distance;
        float parts[lanes];
        *(lane *)parts = sums[r][0] + sums[r][1];
        UNROLLED for (int width = lanes / 2; width > 0; width /= 2) {
            UNROLLED for (int i = 0; i < width; i++) parts[i] += parts[i + width];
        }
        float sum = parts[0] + (p->bias ? p->bias[row] : 0);
        sum = sum < p->lower ? p->lower : sum;
        p->result[row] = sum > p->upper ? p->upper : sum;
    }
}

FOR_EACH_PROCESSOR static void multiply_share(const void *context, long first, long last) {
    const long distance = (last - first) / streams;
    for (long row = 0; row < distance; row++) multiply_rows(streams, context, first + row, distance);
    for (long row = first + distance * streams; row < last; row++) multiply_rows(1, context, row, 0);
}

void vireo_multiply_vector(
    const float *matrix, long rows, long columns, const float *vector, const float *bias, float lower, float upper,
    float *result) {
    const struct vector_product product = {matrix, vector, bias, columns, lower, upper, result};
    vireo_share(rows, multiply_share, &product);
}
