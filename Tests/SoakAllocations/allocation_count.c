#define _GNU_SOURCE
#include "allocation_count.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

/* What glibc calls its own functions, so that these can stand before them. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static _Atomic uint64_t allocations, cxx_allocations;
/* C++'s operator new, which calls malloc from its first few instructions. */
static const char *cxx_new;

void vireo_count_cxx_separately(void) { cxx_new = dlsym(RTLD_DEFAULT, "_Znwm"); }

static void count(const char *caller) {
    bool is_cxx = cxx_new != NULL && caller > cxx_new && caller < cxx_new + 64;
    atomic_fetch_add_explicit(is_cxx ? &cxx_allocations : &allocations, 1, memory_order_relaxed);
}

uint64_t vireo_allocation_count(void) { return atomic_load_explicit(&allocations, memory_order_relaxed); }
uint64_t vireo_cxx_allocation_count(void) { return atomic_load_explicit(&cxx_allocations, memory_order_relaxed); }

void *malloc(size_t size) {
    count(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count(__builtin_return_address(0));
    return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
    count(__builtin_return_address(0));
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    void *made = __libc_memalign(alignment, size);
    if (made == NULL) return ENOMEM;
    *memory = made;
    return 0;
}
