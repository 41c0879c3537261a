/* Codes that the host passes to the kernels as arguments. Read by both sides: C and OpenCL C. */
#ifndef VIREO_KERNEL_CODES_H
#define VIREO_KERNEL_CODES_H

/* Functions of one number; alpha and beta are the kernel's arguments. */
#define VIREO_IDENTITY 0
#define VIREO_CLAMP 1 /* between alpha and beta */
#define VIREO_SIGMOID 2
#define VIREO_TANH 3
#define VIREO_EXP 4
#define VIREO_ELU 5   /* alpha * (exp(x) - 1) below zero */
#define VIREO_SWISH 6 /* x * sigmoid(alpha * x) */
#define VIREO_HSWISH 7

/* Functions of two numbers. */
#define VIREO_ADD 0
#define VIREO_SUBTRACT 1
#define VIREO_MULTIPLY 2
#define VIREO_DIVIDE 3
#define VIREO_MAXIMUM 4
#define VIREO_MINIMUM 5

/* Reductions. */
#define VIREO_SUM 0
#define VIREO_MEAN 1
#define VIREO_MAX 2

/* Output channels that one work-item of `convolution` computes, and rows of `matmul`: weights are packed by it. */
#define VIREO_ROWS 8

/* Steps in depth that the tiled kernels hold in local memory at a time. */
#define VIREO_DEPTH 8

/* Work-items that share a sum: in `matmul_split` and `softmax_split`. */
#define VIREO_SPLIT 64

#endif
