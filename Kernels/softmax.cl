// Softmax along the middle of [outer][length][inner]. Work-items: outer * inner.
kernel void softmax(global const element *input, global element *output, const int outer, const int length,
    const int inner) {
    const int index = (int)get_global_id(0);
    if (index >= outer * inner) return;
    const size_t start = (size_t)(index / inner) * length * inner + index % inner;
    float largest = -INFINITY;
    for (int i = 0; i < length; i++) {
        const float value = load(input + start + (size_t)i * inner);
        largest = largest >= value ? largest : value;
    }
    float sum = 0.0f;
    for (int i = 0; i < length; i++) sum += exp(load(input + start + (size_t)i * inner) - largest);
    for (int i = 0; i < length; i++) {
        const size_t at = start + (size_t)i * inner;
        store(exp(load(input + at) - largest) / sum, output + at);
    }
}
