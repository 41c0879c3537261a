// Direct convolution over planes that hold every needed element (see pad_phases.cl), so that no border is tested.
//
// A plane's rows are `pitch` long, and output pixel (y, x) has the number y * pitch + x. For each k, which stands for
// an input channel and a filter tap, the inputs of neighbouring pixels are neighbours, `offsets[k]` after the pixel's
// number: one vector load serves VIREO_ROWS output channels. The pixels between `width` and `pitch` are computed and
// dropped.
//
// weights: [group][tile of channels][k][VIREO_ROWS]. Work-items: LANES pixels, a tile of channels, image * groups +
// group.

// Writes LANES pixels of one output channel, dropping those that are no pixels.
void store_pixels(const floatv values, const float bias, global const element *residual, global element *output,
    const int pixel, const int pixels, const int pitch, const int width, const int function, const float alpha,
    const float beta) {
    const floatv sums = values + bias;
    int y = pixel / pitch, x = pixel - y * pitch;
    if (pixel + LANES <= pixels && (pitch == width || x + LANES <= width)) {
        const int index = y * width + x;
        const floatv total = residual ? sums + loadv(residual + index) : sums;
        storev(apply_unary_to_lanes(function, total, alpha, beta), output + index);
        return;
    }
    float lanes[LANES];
    vstorev(sums, 0, lanes);
    for (int lane = 0; lane < LANES; lane++) {
        if (x < width && pixel + lane < pixels) {
            const int index = y * width + x;
            const float total = residual ? lanes[lane] + load(residual + index) : lanes[lane];
            store(apply_unary(function, total, alpha, beta), output + index);
        }
        if (++x == pitch) {
            x = 0;
            y++;
        }
    }
}

kernel void convolution(global const element *input, global const element *weights, global const int *offsets,
    global const float *bias, global const element *residual, global element *output, const int depth, const int groups,
    const int group_inputs, const int group_channels, const int pixels, const int pitch, const int width,
    const int output_plane, const int function, const float alpha, const float beta) {
    const int pixel = (int)get_global_id(0) * LANES;
    if (pixel >= pixels) return;
    const int tile = (int)get_global_id(1), tiles = (group_channels + VIREO_ROWS - 1) / VIREO_ROWS;
    if (tile >= tiles) return;
    const int image = (int)get_global_id(2), group = image % groups;

    global const element *in = input + (size_t)image * group_inputs + pixel;
    global const element *w = weights + ((size_t)group * tiles + tile) * depth * VIREO_ROWS;
    floatv s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f, s4 = 0.0f, s5 = 0.0f, s6 = 0.0f, s7 = 0.0f;
    for (int k = 0; k < depth; k++) {
        const floatv x = loadv(in + offsets[k]);
        s0 += load(w + 0) * x;
        s1 += load(w + 1) * x;
        s2 += load(w + 2) * x;
        s3 += load(w + 3) * x;
        s4 += load(w + 4) * x;
        s5 += load(w + 5) * x;
        s6 += load(w + 6) * x;
        s7 += load(w + 7) * x;
        w += VIREO_ROWS;
    }

    const floatv sums[VIREO_ROWS] = {s0, s1, s2, s3, s4, s5, s6, s7};
    UNROLL for (int row = 0; row < VIREO_ROWS; row++) {
        const int channel = tile * VIREO_ROWS + row;
        if (channel >= group_channels) continue;
        const size_t plane = ((size_t)image * group_channels + channel) * output_plane;
        store_pixels(sums[row], bias[group * group_channels + channel], residual ? residual + plane : 0, output + plane,
            pixel, pixels, pitch, width, function, alpha, beta);
    }
}
