// Local response normalisation along the middle of [outer][length][inner]: the sum of squares runs over `radius`
// neighbours on both sides. `alpha` is already divided by the window's size. Work-items: an element.
kernel void lrn(global const element *input, global element *output, const int count, const int length, const int inner,
    const int radius, const float alpha, const float beta, const float bias) {
    const int index = (int)get_global_id(0);
    if (index >= count) return;
    const int position = index / inner % length;
    const int first = max(position - radius, 0), last = min(position + radius, length - 1);
    float sum = 0.0f;
    for (int i = first; i <= last; i++) {
        const float x = load(input + index + (i - position) * inner);
        sum += x * x;
    }
    store(load(input + index) / pow(bias + alpha * sum, beta), output + index);
}
