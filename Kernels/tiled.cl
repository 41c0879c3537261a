// The products of convolution.cl and matmul.cl by work-groups that share tiles of both factors in local memory. This
// text is compiled once for each size of tiles, with these defined:
//
//   TILED(name)             the name with the tile's size
//   TILE_Y, TILE_X          work-items of a group along the rows (output channels) and along the columns (pixels)
//   TILE_VECTORS            vectors of four columns that a work-item computes, each with VIREO_ROWS rows
//
// Work-items of a vector's columns are neighbours, so that they read neighbouring numbers of local memory. While the
// products of one step in depth are made, the tiles of the next are loaded into the other half of the local memory.
#define TILE_ROWS (TILE_Y * VIREO_ROWS)
#define TILE_PANELS (TILE_X * TILE_VECTORS)
#define TILE_COLUMNS (TILE_PANELS * 4)
#define TILE_ITEMS (TILE_Y * TILE_X)

// Adds the products of VIREO_DEPTH steps. a: vectors of [k][TILE_ROWS], b: of [k][TILE_COLUMNS].
void TILED(add_products)(floatv sums[VIREO_ROWS][TILE_VECTORS], local const shared_vector *a,
    local const shared_vector *b) {
#ifdef VIREO_HALF_ARITHMETIC
    shared_vector totals[VIREO_ROWS][TILE_VECTORS];
    UNROLL for (int row = 0; row < VIREO_ROWS; row++)
        UNROLL for (int vector = 0; vector < TILE_VECTORS; vector++) totals[row][vector] = (half)0;
#else
#define totals sums
#endif
    UNROLL for (int k = 0; k < VIREO_DEPTH; k++) {
        const shared_vector upper = a[0], lower = a[1];
        UNROLL for (int vector = 0; vector < TILE_VECTORS; vector++) {
            const shared_vector x = b[vector * TILE_X];
            totals[0][vector] += upper.s0 * x;
            totals[1][vector] += upper.s1 * x;
            totals[2][vector] += upper.s2 * x;
            totals[3][vector] += upper.s3 * x;
            totals[4][vector] += lower.s0 * x;
            totals[5][vector] += lower.s1 * x;
            totals[6][vector] += lower.s2 * x;
            totals[7][vector] += lower.s3 * x;
        }
        a += TILE_ROWS / 4;
        b += TILE_PANELS;
    }
#ifdef VIREO_HALF_ARITHMETIC
    UNROLL for (int row = 0; row < VIREO_ROWS; row++)
        UNROLL for (int vector = 0; vector < TILE_VECTORS; vector++)
            sums[row][vector] += convert_float4(totals[row][vector]);
#else
#undef totals
#endif
}

// Fetches one step of the filters of TILE_Y tiles of channels. weights: [tile of channels][k][VIREO_ROWS].
void TILED(share_filters)(local shared_vector *a, global const element *weights, const int item, const int first_tile,
    const int tiles, const int first_k, const int depth) {
    for (int i = item; i < TILE_ROWS * VIREO_DEPTH / 4; i += TILE_ITEMS) {
        const int part = i & 1, k = (i >> 1) % VIREO_DEPTH, tile = (i >> 1) / VIREO_DEPTH;
        const bool exists = first_k + k < depth && first_tile + tile < tiles;
        const size_t at = ((size_t)(first_tile + tile) * depth + first_k + k) * VIREO_ROWS + part * 4;
        a[(k * TILE_ROWS + tile * VIREO_ROWS) / 4 + part] =
            exists ? load_aligned(weights + at) : (shared_vector)(shared_number)0;
    }
}

// Fetches one step of TILE_COLUMNS pixels.
void TILED(share_pixels)(local shared_vector *b, global const element *input, global const int *offsets, const int item,
    const int first_pixel, const int pixels, const int first_k, const int depth) {
    for (int i = item; i < TILE_PANELS * VIREO_DEPTH; i += TILE_ITEMS) {
        const int pixel = first_pixel + i % TILE_PANELS * 4, k = i / TILE_PANELS;
        const bool exists = first_k + k < depth && pixel < pixels;
        b[i] = exists ? load_shared(input + offsets[first_k + k] + pixel) : (shared_vector)(shared_number)0;
    }
}

// The arguments of `convolution`. Work-items: TILE_X of TILE_COLUMNS pixels, TILE_Y of as many tiles of channels,
// image * groups + group.
kernel __attribute__((reqd_work_group_size(TILE_X, TILE_Y, 1)))
void TILED(convolution)(global const element *input, global const element *weights, global const int *offsets,
    global const float *bias, global const element *residual, global element *output, const int depth,
    const int groups, const int group_inputs, const int group_channels, const int pixels, const int pitch,
    const int width, const int output_plane, const int function, const float alpha, const float beta) {
    local shared_vector a[2][TILE_ROWS / 4 * VIREO_DEPTH], b[2][TILE_PANELS * VIREO_DEPTH];
    const int x = (int)get_local_id(0), y = (int)get_local_id(1), item = y * TILE_X + x;
    const int first_pixel = (int)get_group_id(0) * TILE_COLUMNS, first_tile = (int)get_group_id(1) * TILE_Y;
    const int tiles = (group_channels + VIREO_ROWS - 1) / VIREO_ROWS;
    const int image = (int)get_global_id(2), group = image % groups;
    global const element *in = input + (size_t)image * group_inputs;
    global const element *filters = weights + (size_t)group * tiles * depth * VIREO_ROWS;

    floatv sums[VIREO_ROWS][TILE_VECTORS];
    UNROLL for (int row = 0; row < VIREO_ROWS; row++)
        UNROLL for (int vector = 0; vector < TILE_VECTORS; vector++) sums[row][vector] = 0.0f;
    TILED(share_filters)(a[0], filters, item, first_tile, tiles, 0, depth);
    TILED(share_pixels)(b[0], in, offsets, item, first_pixel, pixels, 0, depth);
    for (int k = 0, now = 0; k < depth; k += VIREO_DEPTH, now ^= 1) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (k + VIREO_DEPTH < depth) {
            TILED(share_filters)(a[now ^ 1], filters, item, first_tile, tiles, k + VIREO_DEPTH, depth);
            TILED(share_pixels)(b[now ^ 1], in, offsets, item, first_pixel, pixels, k + VIREO_DEPTH, depth);
        }
        TILED(add_products)(sums, a[now] + y * (VIREO_ROWS / 4), b[now] + x);
    }

    UNROLL for (int row = 0; row < VIREO_ROWS; row++) {
        const int channel = (first_tile + y) * VIREO_ROWS + row;
        const size_t plane = ((size_t)image * group_channels + channel) * output_plane;
        UNROLL for (int vector = 0; vector < TILE_VECTORS; vector++) {
            const int pixel = first_pixel + (vector * TILE_X + x) * 4;
            if (channel < group_channels && pixel < pixels)
                store_pixels(sums[row][vector], bias[group * group_channels + channel], residual ? residual + plane : 0,
                    output + plane, pixel, pixels, pitch, width, function, alpha, beta);
        }
    }
}

// Fetches one step of TILE_ROWS rows of a, along whichever axis neighbours lie side by side.
void TILED(share_rows)(local shared_number *a, global const element *matrix, const int item, const int first_row,
    const int rows, const int first_k, const int depth, const int a_row, const int a_step) {
    for (int i = item; i < TILE_ROWS * VIREO_DEPTH; i += TILE_ITEMS) {
        const int row = a_row == 1 ? i % TILE_ROWS : i / VIREO_DEPTH, k = a_row == 1 ? i / TILE_ROWS : i % VIREO_DEPTH;
        const bool exists = first_k + k < depth && first_row + row < rows;
        const size_t at = (size_t)(first_row + row) * a_row + (size_t)(first_k + k) * a_step;
        a[k * TILE_ROWS + row] = share(exists ? load(matrix + at) : 0.0f);
    }
}

// The same of TILE_PANELS panels of b.
void TILED(share_panels)(local shared_vector *b, global const element *matrix, const int item, const int first_panel,
    const int columns, const int first_k, const int depth, const int b_panel, const int b_step) {
    for (int i = item; i < TILE_PANELS * VIREO_DEPTH; i += TILE_ITEMS) {
        const bool is_packed = b_step == LANES;
        const int panel = is_packed ? i / VIREO_DEPTH : i % TILE_PANELS;
        const int k = is_packed ? i % VIREO_DEPTH : i / TILE_PANELS;
        const bool exists = first_k + k < depth && (first_panel + panel) * LANES < columns;
        const size_t at = (size_t)(first_panel + panel) * b_panel + (size_t)(first_k + k) * b_step;
        const shared_vector none = (shared_number)0;
        b[k * TILE_PANELS + panel] =
            !exists ? none : is_packed ? load_aligned(matrix + at) : load_shared(matrix + at);
    }
}

// The arguments of `matmul`. Work-items: TILE_X of TILE_COLUMNS columns, TILE_Y of TILE_ROWS rows, a matrix of the
// batch.
kernel __attribute__((reqd_work_group_size(TILE_X, TILE_Y, 1)))
void TILED(matmul)(global const element *a, global const element *b, global const float *bias,
    global const element *residual, global element *output, const int rows, const int columns, const int depth,
    const int a_batch, const int a_row, const int a_step, const int b_batch, const int b_panel, const int b_step,
    const int function, const float alpha, const float beta) {
    local shared_vector left[2][TILE_ROWS / 4 * VIREO_DEPTH], right[2][TILE_PANELS * VIREO_DEPTH];
    const int x = (int)get_local_id(0), y = (int)get_local_id(1), item = y * TILE_X + x;
    const int first_panel = (int)get_group_id(0) * TILE_PANELS, first_row = (int)get_group_id(1) * TILE_ROWS;
    const int batch = (int)get_global_id(2);
    global const element *rows_of_a = a + (size_t)batch * a_batch;
    global const element *panels_of_b = b + (size_t)batch * b_batch;

    floatv sums[VIREO_ROWS][TILE_VECTORS];
    UNROLL for (int row = 0; row < VIREO_ROWS; row++)
        UNROLL for (int vector = 0; vector < TILE_VECTORS; vector++) sums[row][vector] = 0.0f;
    TILED(share_rows)((local shared_number *)left[0], rows_of_a, item, first_row, rows, 0, depth, a_row, a_step);
    TILED(share_panels)(right[0], panels_of_b, item, first_panel, columns, 0, depth, b_panel, b_step);
    for (int k = 0, now = 0; k < depth; k += VIREO_DEPTH, now ^= 1) {
        barrier(CLK_LOCAL_MEM_FENCE);
        const int next = k + VIREO_DEPTH;
        if (next < depth) {
            TILED(share_rows)(
                (local shared_number *)left[now ^ 1], rows_of_a, item, first_row, rows, next, depth, a_row, a_step);
            TILED(share_panels)(right[now ^ 1], panels_of_b, item, first_panel, columns, next, depth, b_panel, b_step);
        }
        TILED(add_products)(sums, left[now] + y * (VIREO_ROWS / 4), right[now] + x);
    }

    UNROLL for (int row = 0; row < VIREO_ROWS; row++) {
        const int at = first_row + y * VIREO_ROWS + row;
        const size_t start = ((size_t)batch * rows + at) * columns;
        UNROLL for (int vector = 0; vector < TILE_VECTORS; vector++) {
            const int column = (first_panel + vector * TILE_X + x) * 4;
            if (at < rows && column < columns)
                store_columns(sums[row][vector], bias, residual ? residual + start : 0, output + start, column, columns,
                    function, alpha, beta);
        }
    }
}

#undef TILE_ROWS
#undef TILE_PANELS
#undef TILE_COLUMNS
#undef TILE_ITEMS
