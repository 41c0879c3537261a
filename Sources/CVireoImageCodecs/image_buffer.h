#ifndef VIREO_IMAGE_BUFFER_H
#define VIREO_IMAGE_BUFFER_H

#include "vireo_image_codecs.h"

/// Checks the size against the limit and allocates `image->pixels`; writes `image->message` when that fails.
vireo_image_status vireo_image_allocate(
    vireo_image *image, uint64_t width, uint64_t height, uint64_t largest_pixel_count);

/// Frees the pixels, so that a failed image has none.
void vireo_image_discard(vireo_image *image);

#endif
