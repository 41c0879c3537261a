// Matrix product: output[row][column] = sum over k of a[row][k] * b[k][column], then bias, residual and activation.
//
// b is read in panels of LANES columns: element k of a panel is at k * b_step, the next panel b_panel further. Packed
// panels have b_step = LANES; a plain row-major matrix has b_step = columns, b_panel = LANES.
// Work-items: a panel, a tile of rows, a matrix of the batch.

void store_columns(const floatv values, global const float *bias, global const float *residual, global float *output,
    const int column, const int columns, const int function, const float alpha, const float beta) {
    const floatv sums = values + vloadv(0, bias + column);
    if (column + LANES <= columns) {
        const floatv total = residual ? sums + vloadv(0, residual + column) : sums;
        vstorev(apply_unary_to_lanes(function, total, alpha, beta), 0, output + column);
        return;
    }
    float lanes[LANES];
    vstorev(sums, 0, lanes);
    for (int lane = 0; lane < columns - column; lane++) {
        const float total = residual ? lanes[lane] + residual[column + lane] : lanes[lane];
        output[column + lane] = apply_unary(function, total, alpha, beta);
    }
}

kernel void matmul(global const float *a, global const float *b, global const float *bias,
    global const float *residual, global float *output, const int rows, const int columns, const int depth,
    const int a_batch, const int a_row, const int a_step, const int b_batch, const int b_panel, const int b_step,
    const int function, const float alpha, const float beta) {
    const int column = (int)get_global_id(0) * LANES, first = (int)get_global_id(1) * VIREO_ROWS;
    if (column >= columns) return;
    const int batch = (int)get_global_id(2);

    // Rows after the last one repeat it and are not stored.
    global const float *matrix = a + (size_t)batch * a_batch;
    global const float *r0 = matrix + (size_t)first * a_row;
    global const float *r1 = matrix + (size_t)min(first + 1, rows - 1) * a_row;
    global const float *r2 = matrix + (size_t)min(first + 2, rows - 1) * a_row;
    global const float *r3 = matrix + (size_t)min(first + 3, rows - 1) * a_row;
    global const float *r4 = matrix + (size_t)min(first + 4, rows - 1) * a_row;
    global const float *r5 = matrix + (size_t)min(first + 5, rows - 1) * a_row;
    global const float *r6 = matrix + (size_t)min(first + 6, rows - 1) * a_row;
    global const float *r7 = matrix + (size_t)min(first + 7, rows - 1) * a_row;
    global const float *panel = b + (size_t)batch * b_batch + (size_t)get_global_id(0) * b_panel;
    floatv s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f, s4 = 0.0f, s5 = 0.0f, s6 = 0.0f, s7 = 0.0f;
    for (int k = 0; k < depth; k++) {
        const floatv x = vloadv(0, panel);
        const size_t at = (size_t)k * a_step;
        s0 += r0[at] * x;
        s1 += r1[at] * x;
        s2 += r2[at] * x;
        s3 += r3[at] * x;
        s4 += r4[at] * x;
        s5 += r5[at] * x;
        s6 += r6[at] * x;
        s7 += r7[at] * x;
        panel += b_step;
    }

    const floatv sums[VIREO_ROWS] = {s0, s1, s2, s3, s4, s5, s6, s7};
    for (int row = 0; row < VIREO_ROWS && first + row < rows; row++) {
        const size_t start = ((size_t)batch * rows + first + row) * columns;
        store_columns(sums[row], bias, residual ? residual + start : 0, output + start, column, columns, function,
            alpha, beta);
    }
}

// The same with one row a work-item: the product of a matrix and few vectors, which waits for memory.
kernel void matmul_row(global const float *a, global const float *b, global const float *bias,
    global const float *residual, global float *output, const int rows, const int columns, const int depth,
    const int a_batch, const int a_row, const int a_step, const int b_batch, const int b_panel, const int b_step,
    const int function, const float alpha, const float beta) {
    const int column = (int)get_global_id(0) * LANES, row = (int)get_global_id(1);
    if (column >= columns) return;
    const int batch = (int)get_global_id(2);

    global const float *vector = a + (size_t)batch * a_batch + (size_t)row * a_row;
    global const float *panel = b + (size_t)batch * b_batch + (size_t)get_global_id(0) * b_panel;
    floatv even = 0.0f, odd = 0.0f;
    int k = 0;
    for (; k + 1 < depth; k += 2) {
        even += vector[(size_t)k * a_step] * vloadv(0, panel);
        odd += vector[(size_t)(k + 1) * a_step] * vloadv(0, panel + b_step);
        panel += 2 * b_step;
    }
    if (k < depth) even += vector[(size_t)k * a_step] * vloadv(0, panel);

    const size_t start = ((size_t)batch * rows + row) * columns;
    store_columns(even + odd, bias, residual ? residual + start : 0, output + start, column, columns, function, alpha,
        beta);
}
