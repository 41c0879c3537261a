/* Parallel loops on the threads of libgomp. */
#ifndef VIREO_ONEDNN_TEAM_H
#define VIREO_ONEDNN_TEAM_H

/* Calls `body` on every thread of the caller's team with its share of the indices from 0 to `count` - 1. */
void vireo_share(long count, void (*body)(const void *context, long first, long last), const void *context);

#endif
