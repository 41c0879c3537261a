/* Kernels of the ONEDNN plugin that oneDNN does not have. Images have the channels of a pixel next to each other. Work
   is shared among the threads of libgomp, as oneDNN's own. */
#ifndef VIREO_ONEDNN_KERNELS_H
#define VIREO_ONEDNN_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum vireo_element {
    VIREO_ELEMENT_F32,
    VIREO_ELEMENT_BF16,
    VIREO_ELEMENT_U8,
    VIREO_ELEMENT_S8
} vireo_element;

/* One axis of an image that a Winograd convolution moves over. `points` and `outputs` are the inputs and outputs of a
   tile, both 1 on an axis along which nothing is transformed. */
typedef struct vireo_winograd_axis {
    int points;
    int outputs;
    /* Tiles next to each other. */
    int tiles;
    /* Pixels of the image along the axis, and zeros before the first. */
    int extent;
    int pad;
    /* Numbers from one pixel to the next. */
    ptrdiff_t stride;
} vireo_winograd_axis;

/* The tiles of images, or some of their rows. */
typedef struct vireo_winograd_tiles {
    vireo_winograd_axis rows, columns;
    /* What the images hold: f32, or bf16 with 4 points in rows and columns. */
    vireo_element element;
    /* A multiple of 16. */
    int channels;
    /* Numbers from one image to the next. */
    ptrdiff_t image_stride;
    /* Rows of tiles, counted through all images. */
    int first_row, row_count;
} vireo_winograd_tiles;

/* Transforms tiles of images, row by row. `transformed` gets points of the rows * points of the columns * channels
   numbers a tile, of the images' type: point by point, the channels of each together. */
void vireo_winograd_transform_image(const void *images, const vireo_winograd_tiles *tiles, void *transformed);

/* Transforms sums of products, laid out as above, to the tiles of images, adds the bias of each channel (NULL for
   none), and clamps to what lies between `lower` and `upper`. Pads are not looked at. */
void vireo_winograd_transform_sums(
    const float *sums, const vireo_winograd_tiles *tiles, const float *bias, float lower, float upper, void *images);

/* Where transformed filters go, in numbers from one to the next. `block` output channels, a multiple of 16, lie next to
   each other. `row` and `column` are of the taps along an axis that is not transformed. */
typedef struct vireo_filter_layout {
    ptrdiff_t point, output_block, input, row, column;
    int block;
} vireo_filter_layout;

/* Transforms filters [outputs][inputs][row_taps][column_taps]. An axis of one point is not transformed: its taps stay.
   Points of the columns follow each other, and then those of the rows. The last block is filled up with zeros. */
void vireo_winograd_pack_filters(
    const float *filters, int outputs, int inputs, int row_points, int row_taps, int column_points, int column_taps,
    const vireo_filter_layout *layout, float *packed);

/* Puts the numbers of three planes next to each other, `pixels` of each for each image: `number * scale + shift`, as
   integers the nearest, of two the even one, within what the type holds. */
void vireo_interleave_planes(
    const float *planes, long images, long pixels, float scale, float shift, vireo_element element, void *result);

/* How a window of `taps` pixels moves along a row of `width`. */
typedef struct vireo_unfolding {
    /* Bytes. */
    size_t pixel_size;
    long width, taps, stride, pad, steps;
    /* Each byte of the pixels beside the row. */
    unsigned char fill;
} vireo_unfolding;

/* Writes, for each of `rows` rows and each step of the window, the pixels under it one after the other. */
void vireo_unfold_rows(const void *images, long rows, const vireo_unfolding *unfolding, void *result);

/* `value * scale + shift`, at least `lower`, with one scale and shift for each index modulo `period`. */
typedef struct vireo_affine {
    const float *scale, *shift;
    size_t period;
    float lower;
} vireo_affine;

/* Scales and shifts `count` numbers, which may be integers. A NaN stays one. */
void vireo_scale_pixels(
    const void *source, vireo_element element, size_t count, const vireo_affine *affine, float *result);

/* One axis of images that a window moves over: `pad` zeros lie before the first of `extent` pixels. */
typedef struct vireo_axis {
    int extent, result, stride, pad;
} vireo_axis;

/* Whether this processor has the vectors that the kernels need which take a `vireo_product`. */
bool vireo_has_products(void);

/* A matrix that pixels are multiplied by; a bias is added to the sums, and they are clamped. */
typedef struct vireo_product {
    /* [columns / 32][rows][32], zeros after the last column. */
    const float *matrix;
    /* As many numbers as the matrix has columns, rounded up to 32. */
    const float *bias;
    /* No columns where nothing is multiplied. */
    int rows, columns;
    float lower, upper;
} vireo_product;

/* Multiplies `count` pixels whose channels lie next to each other. Threads take `strips` strips of them, or share the
   columns where that is 0. `residual` is added before the clamp; it may be NULL, or the result. `stride` is the distance
   between pixels of both. */
void vireo_pointwise_run(
    const vireo_product *product, long count, long strips, const float *source, const float *residual, float *result,
    long stride);

/* A window of 3x3 that moves over each channel by itself, with stride 1 or 2. */
typedef struct vireo_depthwise {
    vireo_axis rows, columns;
    /* A multiple of 16. */
    int channels;
    /* [3][3][channels], and one number a channel. */
    const float *filters, *bias;
    float lower, upper;
} vireo_depthwise;

/* An image of few channels of which each pixel with its neighbours is a row of what the first product multiplies: the
   planes in order, in each the taps in order, in each the numbers of a pixel. */
typedef struct vireo_patches {
    int planes, numbers, row_taps, column_taps;
    vireo_axis rows, columns;
} vireo_patches;

/* A depthwise convolution with the pointwise one before it, the one after it, or both. What is between them stays in
   the caches. */
typedef struct vireo_separable {
    int images;
    /* Makes the channels. Without it the depthwise convolution reads the source. */
    vireo_product expansion;
    /* Where it is no pointwise convolution; else no planes. */
    vireo_patches patches;
    vireo_depthwise depthwise;
    /* Without it the depthwise convolution writes the result. */
    vireo_product projection;
    /* Rows of the result that one thread computes at a time, or 0 where threads share the channels instead. */
    int rows_at_once;
} vireo_separable;

/* How many numbers of memory the threads need beside the operands. */
size_t vireo_separable_scratch(const vireo_separable *block, int threads);

/* Computes a block with the channels of a pixel next to each other, but for the planes of patches. `residual` is added
   before the last clamp, and may be NULL. The result overlaps nothing else. */
void vireo_separable_run(
    const vireo_separable *block, const float *source, const float *residual, float *result, float *scratch);

/* Multiplies a row-major matrix by a vector, adds the bias of each row (NULL for none), and clamps. */
void vireo_multiply_vector(
    const float *matrix, long rows, long columns, const float *vector, const float *bias, float lower, float upper,
    float *result);

/* Rows of `length` bytes that follow each other, and where in a row of the result they go. */
typedef struct vireo_rows {
    const void *source;
    size_t length, offset;
} vireo_rows;

/* Writes the rows of several tensors side by side. `distance` is from one row of the result to the next, in bytes. */
void vireo_join_rows(const vireo_rows *pieces, int count, long row_count, size_t distance, void *result);

/* The processors that this process may use, at most `limit` of them; the number of them all. */
int vireo_allowed_processors(int *processors, int limit);

/* Binds each thread of the caller's team to one of `count` processors until `vireo_release_caller`; the caller to the
   first. */
void vireo_bind_team(const int *processors, int count);

/* Gives the caller back the processors that it had before `vireo_bind_team`. The other threads, which are libgomp's,
   stay bound. */
void vireo_release_caller(void);

/* Lets a team that was bound go wherever its caller may. Costs nothing when it was not. */
void vireo_release_team(void);

#endif
