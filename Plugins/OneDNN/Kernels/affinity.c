#define _GNU_SOURCE
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "team.h"
#include "vireo_onednn_kernels.h"

extern int omp_get_max_threads(void);
extern int omp_get_thread_num(void);

/* Of a thread that has a team: where it may run by itself, and what its team is bound to. */
static _Thread_local cpu_set_t before;
static _Thread_local bool knows_before;
static _Thread_local int bound_first = -1, bound_count = 0;

struct binding {
    const int *processors;
    int count;
    const cpu_set_t *all;
};

static void bind_thread(const void *context, long first, long last) {
    const struct binding *binding = context;
    (void)first, (void)last;
    int thread = omp_get_thread_num();
    if (thread == 0) return;
    cpu_set_t set;
    if (binding->all) {
        set = *binding->all;
    } else {
        CPU_ZERO(&set);
        CPU_SET(binding->processors[thread % binding->count], &set);
    }
    /* A thread that cannot be bound runs where it is. */
    (void)sched_setaffinity(0, sizeof(set), &set);
}

int vireo_allowed_processors(int *processors, int limit) {
    cpu_set_t set;
    if (sched_getaffinity(getpid(), sizeof(set), &set) != 0) return 0;
    int count = 0;
    for (int processor = 0; processor < CPU_SETSIZE; processor++) {
        if (!CPU_ISSET(processor, &set)) continue;
        if (count < limit) processors[count] = processor;
        count++;
    }
    return count;
}

void vireo_bind_team(const int *processors, int count) {
    knows_before = sched_getaffinity(0, sizeof(before), &before) == 0;
    if (!knows_before || count < 1) return;
    cpu_set_t own;
    CPU_ZERO(&own);
    CPU_SET(processors[0], &own);
    (void)sched_setaffinity(0, sizeof(own), &own);
    const int threads = omp_get_max_threads();
    if (bound_first == processors[0] && bound_count == threads) return;
    struct binding binding = {processors, count, NULL};
    vireo_share(threads, bind_thread, &binding);
    bound_first = processors[0];
    bound_count = threads;
}

void vireo_release_caller(void) {
    if (knows_before) (void)sched_setaffinity(0, sizeof(before), &before);
}

void vireo_release_team(void) {
    /* A smaller team would leave some of them bound. */
    if (bound_count == 0 || omp_get_max_threads() < bound_count) return;
    cpu_set_t all;
    if (sched_getaffinity(0, sizeof(all), &all) != 0) return;
    struct binding binding = {NULL, bound_count, &all};
    vireo_share(omp_get_max_threads(), bind_thread, &binding);
    bound_first = -1;
    bound_count = 0;
}
