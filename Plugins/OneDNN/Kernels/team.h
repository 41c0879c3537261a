/* Parallel loops on the threads of libgomp. */
#ifndef VIREO_ONEDNN_TEAM_H
#define VIREO_ONEDNN_TEAM_H

/* Calls `body` on every thread of the caller's team with its share of the indices from 0 to `count` - 1. */
void vireo_share(long count, void (*body)(const void *context, long first, long last), const void *context);

/* What is left to do for each thread. */
typedef struct vireo_items vireo_items;

/* Calls `body` on every thread of the caller's team, which takes indices from 0 to `count` - 1 by `vireo_next`. A
   thread that has done its share helps the others, but leaves them their last `reserved` indices. */
void vireo_share_items(
    long count, long reserved, void (*body)(const void *context, int thread, vireo_items *items),
    const void *context);

/* The next index for this thread: the one after its last, as long as its share goes. Negative when there is none. */
long vireo_next(vireo_items *items, int thread);

#endif
