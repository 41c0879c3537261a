// Work-items of both kernels: an element of the output's last dimension, of the one before it, of all others.

// Gathers a tensor through strides: a transposition.
kernel void strided_copy(global const element *input, global element *output, const int8 dims, const int8 strides) {
    const int x = (int)get_global_id(0), y = (int)get_global_id(1), z = (int)get_global_id(2);
    if (x >= dims.s7 || y >= dims.s6) return;
    store(load(input + strided_offset(x, y, z, dims, strides)), output + ((size_t)z * dims.s6 + y) * dims.s7 + x);
}

// Surrounds a tensor with `value`; negative `begins` cut it. `dims` are the output's, `limits` the input's.
kernel void pad_constant(global const element *input, global element *output, const int8 dims, const int8 begins,
    const int8 limits, const int8 strides, const float value) {
    const int x = (int)get_global_id(0), y = (int)get_global_id(1);
    int z = (int)get_global_id(2);
    if (x >= dims.s7 || y >= dims.s6) return;
    const size_t index = ((size_t)z * dims.s6 + y) * dims.s7 + x;
    int8 at;
    at.s7 = x;
    at.s6 = y;
    at.s5 = z % dims.s5;
    z /= dims.s5;
    at.s4 = z % dims.s4;
    z /= dims.s4;
    at.s3 = z % dims.s3;
    z /= dims.s3;
    at.s2 = z % dims.s2;
    z /= dims.s2;
    at.s1 = z % dims.s1;
    at.s0 = z / dims.s1;
    at -= begins;
    const int8 products = at * strides;
    const int4 pairs = products.lo + products.hi;
    const int offset = pairs.s0 + pairs.s1 + pairs.s2 + pairs.s3;
    store(any(at < 0 || at >= limits) ? value : load(input + offset), output + index);
}
