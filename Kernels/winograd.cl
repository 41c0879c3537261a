// The two transformations around the 36 matrix products of Winograd's F(4 x 4, 3 x 3), which `convolution` computes as
// a pointwise convolution of 36 groups.
//
// Tiles have numbers like the pixels of convolution.cl: tile (y, x) is y * pitch + x, and those between the last column
// and the pitch are computed and dropped. In half precision the transformed numbers would keep too few digits.
#ifndef VIREO_HALF

// The points other than 0 and infinity, as in Winograd.swift.
#define INNER 0.625f
#define OUTER 1.5f
#define INNER2 (INNER * INNER)
#define OUTER2 (OUTER * OUTER)

// One axis of the inputs.
#define WINOGRAD_INPUTS(r, d)                                                                                  \
    {                                                                                                           \
        const floatv a = d[4] - OUTER2 * d[2], b = INNER * (d[3] - OUTER2 * d[1]);                              \
        const floatv c = d[4] - INNER2 * d[2], e = OUTER * (d[3] - INNER2 * d[1]);                              \
        r[0] = (INNER2 * OUTER2) * d[0] - (INNER2 + OUTER2) * d[2] + d[4];                                      \
        r[1] = a + b;                                                                                           \
        r[2] = a - b;                                                                                           \
        r[3] = c + e;                                                                                           \
        r[4] = c - e;                                                                                           \
        r[5] = (INNER2 * OUTER2) * d[1] - (INNER2 + OUTER2) * d[3] + d[5];                                      \
    }

// input: planes in 4 x 4 phases (see pad_phases.cl), each `phase` elements. output: [36][channel][tile].
// Work-items: LANES tiles, a channel, an image.
kernel void winograd_input(global const float *input, global float *output, const int tiles, const int pitch,
    const int phase, const int channels) {
    const int tile = (int)get_global_id(0) * LANES;
    if (tile >= tiles) return;
    const int channel = (int)get_global_id(1), image = (int)get_global_id(2);
    global const float *in = input + ((size_t)image * channels + channel) * 16 * phase + tile;
    floatv rows[6][6];
    UNROLL for (int x = 0; x < 6; x++) {
        floatv d[6], r[6];
        UNROLL for (int y = 0; y < 6; y++)
            d[y] = vloadv(0, in + ((y & 3) * 4 + (x & 3)) * phase + (y >> 2) * pitch + (x >> 2));
        WINOGRAD_INPUTS(r, d)
        UNROLL for (int y = 0; y < 6; y++) rows[y][x] = r[y];
    }
    const size_t step = (size_t)channels * tiles;
    global float *out = output + (size_t)image * 36 * step + (size_t)channel * tiles + tile;
    UNROLL for (int y = 0; y < 6; y++) {
        floatv r[6];
        WINOGRAD_INPUTS(r, rows[y])
        UNROLL for (int x = 0; x < 6; x++) {
            if (tile + LANES <= tiles) {
                vstorev(r[x], 0, out);
            } else {
                float lanes[LANES];
                vstorev(r[x], 0, lanes);
                for (int lane = 0; lane < tiles - tile; lane++) out[lane] = lanes[lane];
            }
            out += step;
        }
    }
}

// One axis of the sums.
#define WINOGRAD_OUTPUTS(r, m)                                                                                 \
    {                                                                                                           \
        const float a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], d = m[3] - m[4];                         \
        r[0] = m[0] + a + c;                                                                                    \
        r[1] = INNER * b + OUTER * d;                                                                           \
        r[2] = INNER2 * a + OUTER2 * c;                                                                         \
        r[3] = (INNER2 * INNER) * b + (OUTER2 * OUTER) * d + m[5];                                              \
    }

// sums: [36][channel][tile]. Work-items: a tile, a channel, an image.
kernel void winograd_output(global const float *sums, global const float *bias, global const float *residual,
    global float *output, const int tiles, const int pitch, const int columns, const int channels, const int height,
    const int width, const int function, const float alpha, const float beta) {
    const int tile = (int)get_global_id(0), tile_y = tile / pitch, tile_x = tile - tile_y * pitch;
    if (tile >= tiles || tile_x >= columns) return;
    const int channel = (int)get_global_id(1), image = (int)get_global_id(2);
    const size_t step = (size_t)channels * tiles;
    global const float *in = sums + (size_t)image * 36 * step + (size_t)channel * tiles + tile;
    float rows[4][6];
    UNROLL for (int x = 0; x < 6; x++) {
        float m[6], r[4];
        UNROLL for (int y = 0; y < 6; y++) m[y] = in[(y * 6 + x) * step];
        WINOGRAD_OUTPUTS(r, m)
        UNROLL for (int y = 0; y < 4; y++) rows[y][x] = r[y];
    }
    const size_t plane = ((size_t)image * channels + channel) * height * width;
    UNROLL for (int y = 0; y < 4; y++) {
        if (tile_y * 4 + y >= height) continue;
        float r[4];
        WINOGRAD_OUTPUTS(r, rows[y])
        const size_t row = plane + (tile_y * 4 + y) * width + tile_x * 4;
        UNROLL for (int x = 0; x < 4; x++) {
            if (tile_x * 4 + x >= width) continue;
            const float sum = r[x] + bias[channel];
            output[row + x] = apply_unary(function, residual ? sum + residual[row + x] : sum, alpha, beta);
        }
    }
}
#endif
