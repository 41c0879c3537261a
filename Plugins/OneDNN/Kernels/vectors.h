/* Vectors of sixteen numbers, and the words that make loops over them unroll. */
#ifndef VIREO_ONEDNN_VECTORS_H
#define VIREO_ONEDNN_VECTORS_H

#define INLINE static inline __attribute__((always_inline))
#define UNROLLED _Pragma("clang loop unroll(full)")
#define NOT_UNROLLED _Pragma("clang loop unroll(disable)")

enum { lanes = 16, half_lanes = 8 };
typedef float lane __attribute__((vector_size(lanes * sizeof(float)), aligned(sizeof(float))));
typedef float half_lane __attribute__((vector_size(half_lanes * sizeof(float)), aligned(sizeof(float))));
typedef int lane_mask __attribute__((vector_size(lanes * sizeof(int)), aligned(sizeof(int))));
typedef int half_lane_mask __attribute__((vector_size(half_lanes * sizeof(int)), aligned(sizeof(int))));

/* Raises `value` to `lower` and lowers it to `upper`, one instruction each; a NaN stays one. */
#define CLAMP(type, value, lower, upper)                                                     \
    do {                                                                                     \
        type##_mask below = (value) < (lower);                                               \
        (value) = (type)((below & (type##_mask)(lower)) | (~below & (type##_mask)(value)));  \
        type##_mask above = (upper) < (value);                                               \
        (value) = (type)((above & (type##_mask)(upper)) | (~above & (type##_mask)(value)));  \
    } while (0)

#endif
