/* How many times this process has asked for memory, counted by definitions of malloc and its kin that stand before libc's. */
#ifndef VIREO_ALLOCATION_COUNT_H
#define VIREO_ALLOCATION_COUNT_H

#include <malloc.h>
#include <stdint.h>

/* Counts what C++'s operator new asks for apart from the rest, from now on. */
void vireo_count_cxx_separately(void);
/* By malloc, calloc, realloc and the aligned ones: C and Swift. */
uint64_t vireo_allocation_count(void);
/* By C++'s operator new: libraries behind the plugins, such as oneDNN. */
uint64_t vireo_cxx_allocation_count(void);

#endif
