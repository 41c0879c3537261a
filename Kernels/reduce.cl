// Reduces up to four dimensions and keeps up to four others. Work-items: an element of the output.
kernel void reduce(global const element *input, global element *output, const int count, const int operation,
    const int4 kept, const int4 kept_strides, const int4 reduced, const int4 reduced_strides) {
    int index = (int)get_global_id(0);
    if (index >= count) return;
    global element *result = output + index;
    int start = index % kept.s3 * kept_strides.s3;
    index /= kept.s3;
    start += index % kept.s2 * kept_strides.s2;
    index /= kept.s2;
    start += index % kept.s1 * kept_strides.s1 + index / kept.s1 * kept_strides.s0;

    float value = operation == VIREO_MAX ? -INFINITY : 0.0f;
    for (int i = 0; i < reduced.s0; i++)
        for (int j = 0; j < reduced.s1; j++)
            for (int k = 0; k < reduced.s2; k++) {
                const int row = start + i * reduced_strides.s0 + j * reduced_strides.s1 + k * reduced_strides.s2;
                // Rows are summed apart, so that rounding errors do not grow with the whole count.
                float partial = operation == VIREO_MAX ? -INFINITY : 0.0f;
                for (int l = 0; l < reduced.s3; l++) {
                    const float x = load(input + row + l * reduced_strides.s3);
                    partial = operation == VIREO_MAX ? (partial >= x ? partial : x) : partial + x;
                }
                value = operation == VIREO_MAX ? (value >= partial ? value : partial) : value + partial;
            }
    if (operation == VIREO_MEAN) value /= (float)(reduced.s0 * reduced.s1) * (reduced.s2 * reduced.s3);
    store(value, result);
}
