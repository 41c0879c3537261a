/* Kernels of the ONEDNN plugin that oneDNN does not have. Images have the channels of a pixel next to each other, in
   single precision. Work is shared among the threads of libgomp, as oneDNN's own. */
#ifndef VIREO_ONEDNN_KERNELS_H
#define VIREO_ONEDNN_KERNELS_H

#include <stddef.h>

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
    /* A multiple of 16. */
    int channels;
    /* Numbers from one image to the next. */
    ptrdiff_t image_stride;
    /* Rows of tiles, counted through all images. */
    int first_row, row_count;
} vireo_winograd_tiles;

/* Transforms tiles of images, row by row. `transformed` gets points of the rows * points of the columns * channels
   numbers a tile: point by point, the channels of each together. */
void vireo_winograd_transform_image(const float *images, const vireo_winograd_tiles *tiles, float *transformed);

/* Transforms sums of products, laid out as above, to the tiles of images, adds the bias of each channel (NULL for
   none), and clamps to what lies between `lower` and `upper`. Pads are not looked at. */
void vireo_winograd_transform_sums(
    const float *sums, const vireo_winograd_tiles *tiles, const float *bias, float lower, float upper, float *images);

/* Transforms `filters` filters of rows x columns taps into [point of the rows][point of the columns][filter]. An axis
   of one point is not transformed: its taps stay innermost. */
void vireo_winograd_transform_filters(
    const float *filters, size_t count, int row_points, int row_taps, int column_points, int column_taps,
    float *transformed);

typedef enum vireo_element { VIREO_ELEMENT_F32, VIREO_ELEMENT_U8, VIREO_ELEMENT_S8 } vireo_element;

/* `value * scale + shift`, at least `lower`, with one scale and shift for each index modulo `period`. */
typedef struct vireo_affine {
    const float *scale, *shift;
    size_t period;
    float lower;
} vireo_affine;

/* Scales and shifts `count` numbers, which may be integers. A NaN stays one. */
void vireo_scale_pixels(
    const void *source, vireo_element element, size_t count, const vireo_affine *affine, float *result);

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
