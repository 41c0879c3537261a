// Matrix product: output[row][column] = sum over k of a[row][k] * b[k][column], then bias, residual and activation.
//
// b is read in panels of LANES columns: element k of a panel is at k * b_step, the next panel b_panel further. Packed
// panels have b_step = LANES; a plain row-major matrix has b_step = columns, b_panel = LANES.
// Work-items: a panel, a tile of rows, a matrix of the batch.

void store_columns(const floatv values, global const float *bias, global const element *residual,
    global element *output, const int column, const int columns, const int function, const float alpha,
    const float beta) {
    const floatv sums = values + vloadv(0, bias + column);
    if (column + LANES <= columns) {
        const floatv total = residual ? sums + loadv(residual + column) : sums;
        storev(apply_unary_to_lanes(function, total, alpha, beta), output + column);
        return;
    }
    float lanes[LANES];
    vstorev(sums, 0, lanes);
    for (int lane = 0; lane < columns - column; lane++) {
        const float total = residual ? lanes[lane] + load(residual + column + lane) : lanes[lane];
        store(apply_unary(function, total, alpha, beta), output + column + lane);
    }
}

kernel void matmul(global const element *a, global const element *b, global const float *bias,
    global const element *residual, global element *output, const int rows, const int columns, const int depth,
    const int a_batch, const int a_row, const int a_step, const int b_batch, const int b_panel, const int b_step,
    const int function, const float alpha, const float beta) {
    const int column = (int)get_global_id(0) * LANES, first = (int)get_global_id(1) * VIREO_ROWS;
    if (column >= columns || first >= rows) return;
    const int batch = (int)get_global_id(2);

    // Rows after the last one repeat it and are not stored.
    global const element *matrix = a + (size_t)batch * a_batch;
    global const element *r0 = matrix + (size_t)first * a_row;
    global const element *r1 = matrix + (size_t)min(first + 1, rows - 1) * a_row;
    global const element *r2 = matrix + (size_t)min(first + 2, rows - 1) * a_row;
    global const element *r3 = matrix + (size_t)min(first + 3, rows - 1) * a_row;
    global const element *r4 = matrix + (size_t)min(first + 4, rows - 1) * a_row;
    global const element *r5 = matrix + (size_t)min(first + 5, rows - 1) * a_row;
    global const element *r6 = matrix + (size_t)min(first + 6, rows - 1) * a_row;
    global const element *r7 = matrix + (size_t)min(first + 7, rows - 1) * a_row;
    global const element *panel = b + (size_t)batch * b_batch + (size_t)get_global_id(0) * b_panel;
    floatv s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f, s4 = 0.0f, s5 = 0.0f, s6 = 0.0f, s7 = 0.0f;
    for (int k = 0; k < depth; k++) {
        const floatv x = loadv(panel);
        const size_t at = (size_t)k * a_step;
        s0 += load(r0 + at) * x;
        s1 += load(r1 + at) * x;
        s2 += load(r2 + at) * x;
        s3 += load(r3 + at) * x;
        s4 += load(r4 + at) * x;
        s5 += load(r5 + at) * x;
        s6 += load(r6 + at) * x;
        s7 += load(r7 + at) * x;
        panel += b_step;
    }

    const floatv sums[VIREO_ROWS] = {s0, s1, s2, s3, s4, s5, s6, s7};
    UNROLL for (int row = 0; row < VIREO_ROWS; row++) {
        if (first + row >= rows) continue;
        const size_t start = ((size_t)batch * rows + first + row) * columns;
        store_columns(sums[row], bias, residual ? residual + start : 0, output + start, column, columns, function,
            alpha, beta);
    }
}

// The same with one row a work-item: the product of a matrix and few vectors, which waits for memory.
kernel void matmul_row(global const element *a, global const element *b, global const float *bias,
    global const element *residual, global element *output, const int rows, const int columns, const int depth,
    const int a_batch, const int a_row, const int a_step, const int b_batch, const int b_panel, const int b_step,
    const int function, const float alpha, const float beta) {
    const int column = (int)get_global_id(0) * LANES, row = (int)get_global_id(1);
    if (column >= columns || row >= rows) return;
    const int batch = (int)get_global_id(2);

    global const element *vector = a + (size_t)batch * a_batch + (size_t)row * a_row;
    global const element *panel = b + (size_t)batch * b_batch + (size_t)get_global_id(0) * b_panel;
    floatv even = 0.0f, odd = 0.0f;
    int k = 0;
    for (; k + 1 < depth; k += 2) {
        even += load(vector + (size_t)k * a_step) * loadv(panel);
        odd += load(vector + (size_t)(k + 1) * a_step) * loadv(panel + b_step);
        panel += 2 * b_step;
    }
    if (k < depth) even += load(vector + (size_t)k * a_step) * loadv(panel);

    const size_t start = ((size_t)batch * rows + row) * columns;
    store_columns(even + odd, bias, residual ? residual + start : 0, output + start, column, columns, function, alpha,
        beta);
}
