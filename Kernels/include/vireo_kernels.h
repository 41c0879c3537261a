/* The OpenCL C sources of the kernels, embedded in the binary. */
#ifndef VIREO_KERNELS_H
#define VIREO_KERNELS_H

#include <stddef.h>
#include "vireo_kernel_codes.h"

/* Which programs a source is part of. */
typedef enum vireo_kernel_use {
    VIREO_USE_ALWAYS,
    VIREO_USE_LOCAL_MEMORY, /* those whose work-groups share local memory */
    VIREO_USE_EACH_TILE     /* the same, once for each size of tiles: see tiled.cl */
} vireo_kernel_use;

typedef struct vireo_kernel_source {
    const char *name;   /* the file, for messages: "convolution.cl" */
    const char *source; /* a C string */
    size_t length;      /* of `source` in bytes, without the zero byte at its end */
    vireo_kernel_use use;
} vireo_kernel_source;

/* Every source, in the order in which one program is made of them. Lives as long as the library. */
const vireo_kernel_source *vireo_kernel_sources(size_t *count);

#endif
