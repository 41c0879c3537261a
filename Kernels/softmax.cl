// Softmax along the middle of [outer][length][inner]. Work-items: outer * inner.
kernel void softmax(global const float *input, global float *output, const int outer, const int length,
    const int inner) {
    const int index = (int)get_global_id(0);
    if (index >= outer * inner) return;
    const size_t start = (size_t)(index / inner) * length * inner + index % inner;
    float largest = -INFINITY;
    for (int i = 0; i < length; i++) {
        const float value = input[start + (size_t)i * inner];
        largest = largest >= value ? largest : value;
    }
    float sum = 0.0f;
    for (int i = 0; i < length; i++) {
        const float power = exp(input[start + (size_t)i * inner] - largest);
        output[start + (size_t)i * inner] = power;
        sum += power;
    }
    for (int i = 0; i < length; i++) output[start + (size_t)i * inner] /= sum;
}
