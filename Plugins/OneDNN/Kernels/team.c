#include "team.h"

#include <stdatomic.h>
#include <stdbool.h>

/* libgomp's, by which compilers start parallel regions. */
extern void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
extern int omp_get_max_threads(void);
extern int omp_get_num_threads(void);
extern int omp_get_thread_num(void);

struct loop {
    long count;
    void (*body)(const void *, long, long);
    const void *context;
};

static void run_share(void *data) {
    const struct loop *loop = data;
    long threads = omp_get_num_threads(), thread = omp_get_thread_num();
    long first = loop->count * thread / threads, last = loop->count * (thread + 1) / threads;
    if (first < last) loop->body(loop->context, first, last);
}

void vireo_share(long count, void (*body)(const void *context, long first, long last), const void *context) {
    struct loop loop = {count, body, context};
    if (count > 1 && omp_get_max_threads() > 1) {
        GOMP_parallel(run_share, &loop, 0, 0);
    } else if (count > 0) {
        body(context, 0, count);
    }
}

/* ---- Indices that threads take from each other ---- */

/* A thread's own indices. It takes them from the front, and others from the back; `left` says how many may still be
   taken, by whomever. Each lies in cache lines of its own. */
struct share {
    _Alignas(128) atomic_long left;
    atomic_long end;
    long next;
};

struct vireo_items {
    int threads;
    long count, reserved;
    struct share *shares;
    void (*body)(const void *, int, vireo_items *);
    const void *context;
};

static bool take(struct share *share, long reserved) {
    long left = atomic_load_explicit(&share->left, memory_order_relaxed);
    while (left > reserved) {
        if (atomic_compare_exchange_weak_explicit(
                &share->left, &left, left - 1, memory_order_relaxed, memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

long vireo_next(vireo_items *items, int thread) {
    struct share *own = &items->shares[thread];
    if (take(own, 0)) return own->next++;
    for (int other = 1; other < items->threads; other++) {
        const int owner = (thread + other) % items->threads;
        struct share *share = &items->shares[owner];
        /* libgomp may give fewer threads than were asked for. */
        const long reserved = owner < omp_get_num_threads() ? items->reserved : 0;
        if (take(share, reserved)) return atomic_fetch_sub_explicit(&share->end, 1, memory_order_relaxed) - 1;
    }
    return -1;
}

static void run_items(void *data) {
    vireo_items *items = data;
    const int thread = omp_get_thread_num();
    if (thread < items->threads) items->body(items->context, thread, items);
}

enum { most_threads = 256 };

void vireo_share_items(
    long count, long reserved, void (*body)(const void *context, int thread, vireo_items *items),
    const void *context) {
    int threads = omp_get_max_threads();
    if (threads > most_threads) threads = most_threads;
    if (count <= 1) threads = 1;
    struct share shares[threads];
    for (int thread = 0; thread < threads; thread++) {
        const long first = count * thread / threads, end = count * (thread + 1) / threads;
        atomic_init(&shares[thread].left, end - first);
        atomic_init(&shares[thread].end, end);
        shares[thread].next = first;
    }
    vireo_items items = {threads, count, reserved, shares, body, context};
    if (threads > 1) {
        GOMP_parallel(run_items, &items, 0, 0);
    } else {
        body(context, 0, &items);
    }
}
