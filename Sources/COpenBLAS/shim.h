/* The types of OpenBLAS's functions. The library itself is opened at run time: the kernels that it selects for the
 * processor are fixed when it is loaded, and a machine without it is a reason to be shown, not a link failure. */
#include <cblas.h>

typedef __typeof__(&cblas_sgemm) copenblas_sgemm;
typedef __typeof__(&cblas_sgemv) copenblas_sgemv;
typedef void (*copenblas_set_num_threads)(int count);
typedef char *(*copenblas_get_corename)(void);
