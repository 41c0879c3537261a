/* Not part of the public API: where the library that holds this function is. */
#ifndef VIREO_LIBRARY_PATH_H
#define VIREO_LIBRARY_PATH_H

/* The file's path; NULL when the dynamic linker does not know it. */
const char *vireo_library_path(void);

#endif
