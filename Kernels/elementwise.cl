// Work-items of the first two kernels: LANES elements.

kernel void unary(global const float *input, global float *output, const int count, const int function,
    const float alpha, const float beta) {
    const int first = (int)get_global_id(0) * LANES;
    if (first + LANES <= count) {
        vstorev(apply_unary_to_lanes(function, vloadv(0, input + first), alpha, beta), 0, output + first);
        return;
    }
    for (int i = first; i < count; i++) output[i] = apply_unary(function, input[i], alpha, beta);
}

// Two tensors of one shape, then an activation.
kernel void binary(global const float *left, global const float *right, global float *output, const int count,
    const int operation, const int function, const float alpha, const float beta) {
    const int first = (int)get_global_id(0) * LANES;
    if (first + LANES <= count) {
        const floatv result = apply_binary_to_lanes(operation, vloadv(0, left + first), vloadv(0, right + first));
        vstorev(apply_unary_to_lanes(function, result, alpha, beta), 0, output + first);
        return;
    }
    for (int i = first; i < count; i++)
        output[i] = apply_unary(function, apply_binary(operation, left[i], right[i]), alpha, beta);
}

// The same with broadcasting: a stride is 0 along a broadcast dimension. That of the last dimension is 0 or 1.
// Work-items: LANES elements of the last dimension, an element of the one before it, of all others.
kernel void binary_broadcast(global const float *left, global const float *right, global float *output,
    const int8 dims, const int8 left_strides, const int8 right_strides, const int operation, const int function,
    const float alpha, const float beta) {
    const int x = (int)get_global_id(0) * LANES, y = (int)get_global_id(1), z = (int)get_global_id(2);
    if (x >= dims.s7 || y >= dims.s6) return;
    global const float *l = left + strided_offset(x, y, z, dims, left_strides);
    global const float *r = right + strided_offset(x, y, z, dims, right_strides);
    global float *out = output + ((size_t)z * dims.s6 + y) * dims.s7 + x;
    if (x + LANES <= dims.s7) {
        const floatv ls = left_strides.s7 ? vloadv(0, l) : (floatv)l[0];
        const floatv rs = right_strides.s7 ? vloadv(0, r) : (floatv)r[0];
        const floatv result = apply_binary_to_lanes(operation, ls, rs);
        vstorev(apply_unary_to_lanes(function, result, alpha, beta), 0, out);
        return;
    }
    for (int i = 0; i < dims.s7 - x; i++) {
        const float result = apply_binary(operation, l[i * left_strides.s7], r[i * right_strides.s7]);
        out[i] = apply_unary(function, result, alpha, beta);
    }
}
