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

/* ---- From planes to pixels ---- */

struct planes {
    const float *source;
    long pixels;
    float scale, shift;
    void *result;
};

enum { pixels_at_once = 1024 };

/* The parts of images from `first` to `last`; `number` converts to `type`. */
#define DEFINE_INTERLEAVE(name, target, type, number)                                                       \
    target static void name(const void *context, long first, long last) {                                   \
        const struct planes *planes = context;                                                              \
        const long pixels = planes->pixels, parts = (pixels + pixels_at_once - 1) / pixels_at_once;         \
        const float scale = planes->scale, shift = planes->shift;                                           \
        for (long part = first; part < last; part++) {                                                      \
            const long image = part / parts * 3 * pixels, start = part % parts * pixels_at_once;            \
            const long count = pixels - start < pixels_at_once ? pixels - start : pixels_at_once;           \
            const float *restrict red = planes->source + image + start;                                     \
            const float *restrict green = red + pixels, *restrict blue = green + pixels;                    \
            type *restrict result = (type *)planes->result + image + 3 * start;                             \
            for (long pixel = 0; pixel < count; pixel++) {                                                  \
                result[3 * pixel] = number(red[pixel] * scale + shift);                                     \
                result[3 * pixel + 1] = number(green[pixel] * scale + shift);                               \
                result[3 * pixel + 2] = number(blue[pixel] * scale + shift);                                \
            }                                                                                               \
        }                                                                                                   \
    }

static inline float clamped(float value, float lower, float upper) {
    float least = value > lower ? value : lower;
    return least < upper ? least : upper;
}

#define TO_F32(value) value
#define TO_BF16(value) (__bf16)(value)
#define TO_UNSIGNED(value) (unsigned char)(int)__builtin_rintf(clamped(value, 0, 255))
#define TO_SIGNED(value) (signed char)(int)__builtin_rintf(clamped(value, -128, 127))

DEFINE_INTERLEAVE(interleave_f32, FOR_EACH_PROCESSOR, float, TO_F32)
DEFINE_INTERLEAVE(interleave_bf16, ON_BF16, __bf16, TO_BF16)
DEFINE_INTERLEAVE(interleave_u8, FOR_EACH_PROCESSOR, unsigned char, TO_UNSIGNED)
DEFINE_INTERLEAVE(interleave_s8, FOR_EACH_PROCESSOR, signed char, TO_SIGNED)

void vireo_interleave_planes(
    const float *planes, long images, long pixels, float scale, float shift, vireo_element element, void *result) {
    struct planes context = {planes, pixels, scale, shift, result};
    long parts = images * ((pixels + pixels_at_once - 1) / pixels_at_once);
    switch (element) {
    case VIREO_ELEMENT_F32: vireo_share(parts, interleave_f32, &context); break;
    case VIREO_ELEMENT_BF16: vireo_share(parts, interleave_bf16, &context); break;
    case VIREO_ELEMENT_U8: vireo_share(parts, interleave_u8, &context); break;
    case VIREO_ELEMENT_S8: vireo_share(parts, interleave_s8, &context); break;
    }
}
