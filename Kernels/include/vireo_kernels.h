/* The OpenCL C sources of the kernels, embedded in the binary. */
#ifndef VIREO_KERNELS_H
#define VIREO_KERNELS_H

#include <stddef.h>
#include "vireo_kernel_codes.h"

typedef struct vireo_kernel_source {
    const char *name;   /* the file, for messages: "convolution.cl" */
    const char *source; /* a C string */
    size_t length;      /* of `source` in bytes, without the zero byte at its end */
} vireo_kernel_source;

/* Every source, in the order in which one program is made of them. Lives as long as the library. */
const vireo_kernel_source *vireo_kernel_sources(size_t *count);

#endif
