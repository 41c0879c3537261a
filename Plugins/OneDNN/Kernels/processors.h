/* Functions compiled for AVX-512, AVX2 and the baseline, of which the best is chosen when the plugin is loaded. */
#ifndef VIREO_ONEDNN_PROCESSORS_H
#define VIREO_ONEDNN_PROCESSORS_H

#if defined(__x86_64__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

#endif
