#include "vireo_kernels.h"

#pragma clang diagnostic ignored "-Wc23-extensions" // #embed is C23, and the package is C17

static const char codes[] = {
#embed "include/vireo_kernel_codes.h" suffix(, 0)
};
static const char functions[] = {
#embed "functions.cl" suffix(, 0)
};
static const char convolution[] = {
#embed "convolution.cl" suffix(, 0)
};
static const char depthwise_convolution[] = {
#embed "depthwise_convolution.cl" suffix(, 0)
};
static const char pad_phases[] = {
#embed "pad_phases.cl" suffix(, 0)
};
static const char winograd[] = {
#embed "winograd.cl" suffix(, 0)
};
static const char matmul[] = {
#embed "matmul.cl" suffix(, 0)
};
static const char elementwise[] = {
#embed "elementwise.cl" suffix(, 0)
};
static const char pooling[] = {
#embed "pooling.cl" suffix(, 0)
};
static const char softmax[] = {
#embed "softmax.cl" suffix(, 0)
};
static const char movement[] = {
#embed "movement.cl" suffix(, 0)
};
static const char reduce[] = {
#embed "reduce.cl" suffix(, 0)
};
static const char lrn[] = {
#embed "lrn.cl" suffix(, 0)
};

#define SOURCE(file, array) { file, array, sizeof(array) - 1 }

const vireo_kernel_source *vireo_kernel_sources(size_t *count) {
    static const vireo_kernel_source sources[] = {
        SOURCE("vireo_kernel_codes.h", codes),
        SOURCE("functions.cl", functions),
        SOURCE("convolution.cl", convolution),
        SOURCE("depthwise_convolution.cl", depthwise_convolution),
        SOURCE("pad_phases.cl", pad_phases),
        SOURCE("winograd.cl", winograd),
        SOURCE("matmul.cl", matmul),
        SOURCE("elementwise.cl", elementwise),
        SOURCE("pooling.cl", pooling),
        SOURCE("softmax.cl", softmax),
        SOURCE("movement.cl", movement),
        SOURCE("reduce.cl", reduce),
        SOURCE("lrn.cl", lrn),
    };
    *count = sizeof(sources) / sizeof(sources[0]);
    return sources;
}
