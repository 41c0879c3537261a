// Pads planes with zeros and splits them into phases, one for each remainder of the row and column by the strides that
// a filter tap can meet: [channel][height][width] becomes [channel][phases_y][phases_x][rows][columns]. Inputs that a
// strided window reads for neighbouring outputs become neighbours.
// Work-items: LANES elements of a phase's row, a row, a phase of a channel of an image.
kernel void pad_phases(global const element *input, global element *output, const int height, const int width,
    const int stride_y, const int stride_x, const int phases_y, const int phases_x, const int pad_top,
    const int pad_left, const int rows, const int columns) {
    const int column = (int)get_global_id(0) * LANES, row = (int)get_global_id(1);
    if (column >= columns || row >= rows) return;
    const int plane = (int)get_global_id(2), phases = phases_y * phases_x;
    const int channel = plane / phases, phase = plane % phases;
    const int y = row * stride_y + phase / phases_x - pad_top;
    const int x = column * stride_x + phase % phases_x - pad_left;
    global element *out = output + ((size_t)plane * rows + row) * columns + column;
    global const element *in = input + ((size_t)channel * height + y) * width;
    const bool inside = y >= 0 && y < height;
    if (stride_x == 1 && inside && x >= 0 && x + LANES <= width && column + LANES <= columns) {
        storev(loadv(in + x), out);
        return;
    }
    for (int lane = 0; lane < LANES && column + lane < columns; lane++) {
        const int at = x + lane * stride_x;
        store(inside && at >= 0 && at < width ? load(in + at) : 0.0f, out + lane);
    }
}
