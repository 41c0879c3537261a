#include "vireo_kernels.h"

#pragma clang diagnostic ignored "-Wc23-extensions" // #embed is C23, and the package is C17

static const char codes[] = {
#embed "include/vireo_kernel_codes.h" suffix(, 0)
};
static const char storage[] = {
#embed "storage.cl" suffix(, 0)
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
static const char local_memory[] = {
#embed "local_memory.cl" suffix(, 0)
};
static const char tiled[] = {
#embed "tiled.cl" suffix(, 0)
};

#define SOURCE(file, array, use) { file, array, sizeof(array) - 1, use }

const vireo_kernel_source *vireo_kernel_sources(size_t *count) {
    static const vireo_kernel_source sources[] = {
        SOURCE("vireo_kernel_codes.h", codes, VIREO_USE_ALWAYS),
        SOURCE("storage.cl", storage, VIREO_USE_ALWAYS),
        SOURCE("functions.cl", functions, VIREO_USE_ALWAYS),
        SOURCE("convolution.cl", convolution, VIREO_USE_ALWAYS),
        SOURCE("depthwise_convolution.cl", depthwise_convolution, VIREO_USE_ALWAYS),
        SOURCE("pad_phases.cl", pad_phases, VIREO_USE_ALWAYS),
        SOURCE("winograd.cl", winograd, VIREO_USE_ALWAYS),
        SOURCE("matmul.cl", matmul, VIREO_USE_ALWAYS),
        SOURCE("elementwise.cl", elementwise, VIREO_USE_ALWAYS),
        SOURCE("pooling.cl", pooling, VIREO_USE_ALWAYS),
        SOURCE("softmax.cl", softmax, VIREO_USE_ALWAYS),
        SOURCE("movement.cl", movement, VIREO_USE_ALWAYS),
        SOURCE("reduce.cl", reduce, VIREO_USE_ALWAYS),
        SOURCE("lrn.cl", lrn, VIREO_USE_ALWAYS),
        SOURCE("local_memory.cl", local_memory, VIREO_USE_LOCAL_MEMORY),
        SOURCE("tiled.cl", tiled, VIREO_USE_EACH_TILE),
    };
    *count = sizeof(sources) / sizeof(sources[0]);
    return sources;
}
