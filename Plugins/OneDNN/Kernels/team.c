#include "team.h"

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
