// Work-items of both kernels: an output pixel, a channel of an image.

kernel void max_pool(global const element *input, global element *output, const int height, const int width,
    const int out_height, const int out_width, const int kernel_y, const int kernel_x, const int stride_y,
    const int stride_x, const int dilation_y, const int dilation_x, const int pad_top, const int pad_left) {
    const int index = (int)get_global_id(0), channel = (int)get_global_id(1);
    if (index >= out_height * out_width) return;
    const int top = index / out_width * stride_y - pad_top, left = index % out_width * stride_x - pad_left;
    global const element *plane = input + (size_t)channel * height * width;
    float largest = -INFINITY;
    for (int i = 0; i < kernel_y; i++) {
        const int y = top + i * dilation_y;
        if (y < 0 || y >= height) continue;
        for (int j = 0; j < kernel_x; j++) {
            const int x = left + j * dilation_x;
            if (x < 0 || x >= width) continue;
            const float value = load(plane + y * width + x);
            largest = largest >= value ? largest : value;
        }
    }
    store(largest, output + (size_t)channel * out_height * out_width + index);
}

// The sum is divided by `divisor`, or where that is 0 by the number of elements that the window has of the input.
kernel void avg_pool(global const element *input, global element *output, const int height, const int width,
    const int out_height, const int out_width, const int kernel_y, const int kernel_x, const int stride_y,
    const int stride_x, const int pad_top, const int pad_left, const int divisor) {
    const int index = (int)get_global_id(0), channel = (int)get_global_id(1);
    if (index >= out_height * out_width) return;
    const int top = index / out_width * stride_y - pad_top, left = index % out_width * stride_x - pad_left;
    const int first_y = max(top, 0), last_y = min(top + kernel_y, height);
    const int first_x = max(left, 0), last_x = min(left + kernel_x, width);
    global const element *plane = input + (size_t)channel * height * width;
    float sum = 0.0f;
    for (int y = first_y; y < last_y; y++)
        for (int x = first_x; x < last_x; x++) sum += load(plane + y * width + x);
    const int count = divisor > 0 ? divisor : max(last_y - first_y, 0) * max(last_x - first_x, 0);
    store(count > 0 ? sum / count : 0.0f, output + (size_t)channel * out_height * out_width + index);
}
