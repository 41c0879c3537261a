/* Functions compiled for AVX-512, AVX2 and the baseline, of which the best is chosen when the plugin is loaded. */
#ifndef VIREO_ONEDNN_PROCESSORS_H
#define VIREO_ONEDNN_PROCESSORS_H

#if defined(__x86_64__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

/* For functions that need 32 registers of 64 bytes, and whether the processor has them. */
#define ON_AVX512 __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#define HAS_AVX512 __builtin_cpu_supports("x86-64-v4")

/* For functions that are only called where the processor has avx512_bf16. */
#define ON_BF16 __attribute__((target("arch=x86-64-v4,avx512bf16")))
#else
#define FOR_EACH_PROCESSOR
#define ON_AVX512
#define HAS_AVX512 0
#define ON_BF16
#endif

#endif
