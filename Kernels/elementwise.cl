// Work-items of the first two kernels: LANES elements.

kernel void unary(global const element *input, global element *output, const int count, const int function,
    const float alpha, const float beta) {
    const int first = (int)get_global_id(0) * LANES;
    if (first + LANES <= count) {
        storev(apply_unary_to_lanes(function, loadv(input + first), alpha, beta), output + first);
        return;
    }
    for (int i = first; i < count; i++) store(apply_unary(function, load(input + i), alpha, beta), output + i);
}

// Two tensors of one shape, then an activation.
kernel void binary(global const element *left, global const element *right, global element *output, const int count,
    const int operation, const int function, const float alpha, const float beta) {
    const int first = (int)get_global_id(0) * LANES;
    if (first + LANES <= count) {
        const floatv result = apply_binary_to_lanes(operation, loadv(left + first), loadv(right + first));
        storev(apply_unary_to_lanes(function, result, alpha, beta), output + first);
        return;
    }
    for (int i = first; i < count; i++) {
        const float result = apply_binary(operation, load(left + i), load(right + i));
        store(apply_unary(function, result, alpha, beta), output + i);
    }
}

// The same with broadcasting: a stride is 0 along a broadcast dimension. That of the last dimension is 0 or 1.
// Work-items: LANES elements of the last dimension, an element of the one before it, of all others.
kernel void binary_broadcast(global const element *left, global const element *right, global element *output,
    const int8 dims, const int8 left_strides, const int8 right_strides, const int operation, const int function,
    const float alpha, const float beta) {
    const int x = (int)get_global_id(0) * LANES, y = (int)get_global_id(1), z = (int)get_global_id(2);
    if (x >= dims.s7 || y >= dims.s6) return;
    global const element *l = left + strided_offset(x, y, z, dims, left_strides);
    global const element *r = right + strided_offset(x, y, z, dims, right_strides);
    global element *out = output + ((size_t)z * dims.s6 + y) * dims.s7 + x;
    if (x + LANES <= dims.s7) {
        const floatv ls = left_strides.s7 ? loadv(l) : (floatv)load(l);
        const floatv rs = right_strides.s7 ? loadv(r) : (floatv)load(r);
        const floatv result = apply_binary_to_lanes(operation, ls, rs);
        storev(apply_unary_to_lanes(function, result, alpha, beta), out);
        return;
    }
    for (int i = 0; i < dims.s7 - x; i++) {
        const float result = apply_binary(operation, load(l + i * left_strides.s7), load(r + i * right_strides.s7));
        store(apply_unary(function, result, alpha, beta), out + i);
    }
}
