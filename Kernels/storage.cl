// LANES, given when the program is built, is how many neighbouring outputs a work-item of the big kernels computes.
#define JOIN_NAMES(a, b) a##b
#define JOIN(a, b) JOIN_NAMES(a, b)
typedef JOIN(float, LANES) floatv;
#define vloadv JOIN(vload, LANES)
#define vstorev JOIN(vstore, LANES)

// GPUs keep an array in registers only where the loops over it are unrolled. Their vectors have four lanes.
#if LANES == 4
#define UNROLL _Pragma("unroll")
#else
#define UNROLL
#endif

// Tensors and weights are stored as `element`s. VIREO_HALF makes that half precision, which OpenCL without extensions
// can only load and store; arithmetic, biases and sums are in single precision. `v` stands for LANES elements at any
// address.
#ifdef VIREO_HALF
#define element half
#define load(address) vload_half(0, address)
#define store(value, address) vstore_half(value, 0, address)
#define loadv(address) JOIN(vload_half, LANES)(0, address)
#define storev(value, address) JOIN(vstore_half, LANES)(value, 0, address)

// Work-items of both: LANES elements.

kernel void narrow(global const float *input, global element *output, const int count) {
    const int first = (int)get_global_id(0) * LANES;
    if (first + LANES <= count) {
        storev(vloadv(0, input + first), output + first);
        return;
    }
    for (int i = first; i < count; i++) store(input[i], output + i);
}

kernel void widen(global const element *input, global float *output, const int count) {
    const int first = (int)get_global_id(0) * LANES;
    if (first + LANES <= count) {
        vstorev(loadv(input + first), 0, output + first);
        return;
    }
    for (int i = first; i < count; i++) output[i] = load(input + i);
}
#else
#define element float
#define load(address) (*(address))
#define store(value, address) (*(address) = (value))
#define loadv(address) vloadv(0, address)
#define storev(value, address) vstorev(value, 0, address)
#endif
