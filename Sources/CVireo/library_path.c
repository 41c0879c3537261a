#define _GNU_SOURCE
#include <dlfcn.h>

#include "vireo.h"
#include "vireo_library_path.h"

const char *vireo_library_path(void) {
    Dl_info info;
    return dladdr((const void *)&vireo_library_path, &info) ? info.dli_fname : NULL;
}
