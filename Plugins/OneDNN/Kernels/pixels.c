/* Images whose pixels have few channels, such as the three colours: oneDNN's kernels want sixteen. */
#include "vireo_onednn_kernels.h"

#include "processors.h"
#include "team.h"

struct pixels {
    const void *source;
    const vireo_affine *affine;
    size_t count;
    float *result;
};

#define DEFINE_SCALE(name, type)                                                                            \
    FOR_EACH_PROCESSOR static void name(const void *context, long first, long last) {                       \
        const struct pixels *pixels = context;                                                              \
        const float *scale = pixels->affine->scale, *shift = pixels->affine->shift;                         \
        size_t period = pixels->affine->period;                                                             \
        float lower = pixels->affine->lower;                                                                \
        for (size_t start = first * period; start < last * period && start < pixels->count; start += period) { \
            const type *source = (const type *)pixels->source + start;                                      \
            float *result = pixels->result + start;                                                         \
            size_t length = pixels->count - start < period ? pixels->count - start : period;                \
            for (size_t index = 0; index < length; index++) {                                               \
                float value = (float)source[index] * scale[index] + shift[index];                           \
                result[index] = value < lower ? lower : value;                                              \
            }                                                                                               \
        }                                                                                                   \
    }

DEFINE_SCALE(scale_floats, float)
DEFINE_SCALE(scale_unsigned, unsigned char)
DEFINE_SCALE(scale_signed, signed char)

void vireo_scale_pixels(
    const void *source, vireo_element element, size_t count, const vireo_affine *affine, float *result) {
    struct pixels pixels = {source, affine, count, result};
    long periods = (count + affine->period - 1) / affine->period;
    switch (element) {
    case VIREO_ELEMENT_U8: vireo_share(periods, scale_unsigned, &pixels); break;
    case VIREO_ELEMENT_S8: vireo_share(periods, scale_signed, &pixels); break;
    default: vireo_share(periods, scale_floats, &pixels); break;
    }
}
