#include <dnnl.h>

/* From libgomp, on which this oneDNN runs its threads. */
extern int omp_get_max_threads(void);
extern void omp_set_num_threads(int count);
