// Numbers that a work-group shares in local memory: stored and multiplied in half precision where the device computes
// in it, of which sums of VIREO_DEPTH products at most are made before they are added in single precision.
#ifdef VIREO_HALF_ARITHMETIC
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
typedef half shared_number;
typedef half4 shared_vector;
#define share(value) ((half)(value))
#define load_shared(address) vload4(0, address)
#define load_aligned(address) (*(global const half4 *)(address))
#else
typedef float shared_number;
typedef float4 shared_vector;
#define share(value) (value)
#define load_shared(address) loadv(address)
#ifdef VIREO_HALF
#define load_aligned(address) vloada_half4(0, address)
#else
#define load_aligned(address) (*(global const float4 *)(address))
#endif
#endif

// The product of a matrix and few vectors, which waits for memory: the work-items of a group share the depth of one
// panel of b (see matmul.cl). Work-items: VIREO_SPLIT of a panel, a row, a matrix of the batch.
kernel __attribute__((reqd_work_group_size(VIREO_SPLIT, 1, 1)))
void matmul_split(global const element *a, global const element *b, global const float *bias,
    global const element *residual, global element *output, const int rows, const int columns, const int depth,
    const int a_batch, const int a_row, const int a_step, const int b_batch, const int b_panel, const int b_step,
    const int function, const float alpha, const float beta) {
    local floatv partial[VIREO_SPLIT];
    const int item = (int)get_local_id(0), panel = (int)get_group_id(0), row = (int)get_global_id(1);
    const int batch = (int)get_global_id(2);
    global const element *vector = a + (size_t)batch * a_batch + (size_t)row * a_row;
    global const element *matrix = b + (size_t)batch * b_batch + (size_t)panel * b_panel;
    floatv sum = 0.0f;
    for (int k = item; k < depth; k += VIREO_SPLIT)
        sum += load(vector + (size_t)k * a_step) * loadv(matrix + (size_t)k * b_step);
    partial[item] = sum;
    for (int others = VIREO_SPLIT / 2; others > 0; others /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (item < others) partial[item] += partial[item + others];
    }
    if (item > 0) return;
    const size_t start = ((size_t)batch * rows + row) * columns;
    store_columns(partial[0], bias, residual ? residual + start : 0, output + start, panel * LANES, columns, function,
        alpha, beta);
}

// Softmax along the last dimension. Work-items: VIREO_SPLIT of a row.
kernel __attribute__((reqd_work_group_size(VIREO_SPLIT, 1, 1)))
void softmax_split(global const element *input, global element *output, const int length) {
    local float partial[VIREO_SPLIT];
    const int item = (int)get_local_id(0);
    const size_t start = (size_t)get_group_id(0) * length;
    float largest = -INFINITY;
    for (int i = item; i < length; i += VIREO_SPLIT) {
        const float value = load(input + start + i);
        largest = largest >= value ? largest : value;
    }
    partial[item] = largest;
    for (int others = VIREO_SPLIT / 2; others > 0; others /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (item < others && !(partial[item] >= partial[item + others])) partial[item] = partial[item + others];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    largest = partial[0];
    barrier(CLK_LOCAL_MEM_FENCE);
    float sum = 0.0f;
    for (int i = item; i < length; i += VIREO_SPLIT) sum += exp(load(input + start + i) - largest);
    partial[item] = sum;
    for (int others = VIREO_SPLIT / 2; others > 0; others /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (item < others) partial[item] += partial[item + others];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    sum = partial[0];
    for (int i = item; i < length; i += VIREO_SPLIT)
        store(exp(load(input + start + i) - largest) / sum, output + start + i);
}

// A convolution in which each group has one input channel, of the input as it is: a group of work-items copies what its
// `tile_height` rows of get_local_size(0) outputs need into `tile`, with zeros around the input. weights:
// [channel][tap]. Work-items: an output column, a few rows of the tile, a channel of an image.
kernel void depthwise_shared(global const element *input, global const element *weights, global const float *bias,
    global const element *residual, global element *output, local float *tile, const int tile_height,
    const int channels, const int channels_per_group, const int height, const int width, const int out_height,
    const int out_width, const int kernel_y, const int kernel_x, const int stride_y, const int stride_x,
    const int dilation_y, const int dilation_x, const int pad_top, const int pad_left, const int function,
    const float alpha, const float beta) {
    const int tile_width = (int)get_local_size(0), item_x = (int)get_local_id(0), item_y = (int)get_local_id(1);
    const int channel = (int)get_global_id(2) % channels, image = (int)get_global_id(2) / channels;
    const int plane = image * (channels / channels_per_group) + channel / channels_per_group;
    const int first_y = (int)get_group_id(1) * tile_height, first_x = (int)get_group_id(0) * tile_width;
    const int rows = (tile_height - 1) * stride_y + (kernel_y - 1) * dilation_y + 1;
    const int columns = (tile_width - 1) * stride_x + (kernel_x - 1) * dilation_x + 1;

    global const element *in = input + (size_t)plane * height * width;
    for (int row = item_y; row < rows; row += (int)get_local_size(1)) {
        const int y = first_y * stride_y - pad_top + row;
        for (int column = item_x; column < columns; column += tile_width) {
            const int x = first_x * stride_x - pad_left + column;
            const bool inside = y >= 0 && y < height && x >= 0 && x < width;
            tile[row * columns + column] = inside ? load(in + y * width + x) : 0.0f;
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);

    const int x = first_x + item_x;
    if (x >= out_width) return;
    global const element *w = weights + (size_t)channel * kernel_y * kernel_x;
    for (int row = item_y; row < tile_height && first_y + row < out_height; row += (int)get_local_size(1)) {
        local const float *window = tile + row * stride_y * columns + item_x * stride_x;
        float sum = bias[channel];
        for (int i = 0; i < kernel_y; i++)
            for (int j = 0; j < kernel_x; j++)
                sum += load(w + i * kernel_x + j) * window[i * dilation_y * columns + j * dilation_x];
        const size_t index = ((size_t)image * channels + channel) * out_height * out_width
            + (size_t)(first_y + row) * out_width + x;
        store(apply_unary(function, residual ? sum + load(residual + index) : sum, alpha, beta), output + index);
    }
}
