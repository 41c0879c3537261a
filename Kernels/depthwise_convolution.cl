// A convolution in which each group has one input channel, over the planes of convolution.cl.
// weights: [channel][tap]. Work-items: LANES pixels, an output channel, an image.
kernel void depthwise_convolution(global const element *input, global const element *weights, global const int *offsets,
    global const float *bias, global const element *residual, global element *output, const int taps,
    const int channels, const int channels_per_group, const int input_plane, const int pixels, const int pitch,
    const int width, const int output_plane, const int function, const float alpha, const float beta) {
    const int pixel = (int)get_global_id(0) * LANES;
    if (pixel >= pixels) return;
    const int channel = (int)get_global_id(1), image = (int)get_global_id(2);
    if (channel >= channels) return;
    const int groups = channels / channels_per_group;

    global const element *in =
        input + ((size_t)image * groups + channel / channels_per_group) * input_plane + pixel;
    global const element *w = weights + (size_t)channel * taps;
    floatv sum = 0.0f;
    for (int tap = 0; tap < taps; tap++) sum += load(w + tap) * loadv(in + offsets[tap]);

    const size_t plane = ((size_t)image * channels + channel) * output_plane;
    store_pixels(sum, bias[channel], residual ? residual + plane : 0, output + plane, pixel, pixels, pitch, width,
        function, alpha, beta);
}
