#ifndef VIREO_IMAGE_BUFFER_H
#define VIREO_IMAGE_BUFFER_H

#include "vireo_image_codecs.h"

/// Checks the size against the limit and makes room at `image->pixels`; writes `image->message` when that fails.
vireo_image_status vireo_image_allocate(
    vireo_image *image, uint64_t width, uint64_t height, uint64_t largest_pixel_count);

/// Forgets what an earlier decoding left, except its memory.
void vireo_image_clear(vireo_image *image);

#endif
