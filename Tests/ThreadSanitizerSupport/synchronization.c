/*
 * Tells the thread sanitizer about locks that it cannot see.
 *
 * Swift's Mutex is compiled into its users and therefore seen, but only as long as nobody waits: what a thread does then is
 * in a library that is not built for the sanitizer, and so are Dispatch's semaphores and groups. Here the functions in
 * question are put in front of the libraries' own, which they call.
 *
 * Without the thread sanitizer this file is empty.
 */
#if __has_feature(thread_sanitizer)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <sanitizer/tsan_interface.h>

/* Calls the same function of the next library. */
#define NEXT(function, symbol)                                                                                        \
    static __typeof__(&function) next;                                                                                \
    if (!__atomic_load_n(&next, __ATOMIC_RELAXED)) __atomic_store_n(&next, dlsym(RTLD_NEXT, symbol), __ATOMIC_RELAXED)

/* -- Synchronization._MutexHandle, whose address is in the register of the context -------------------------------- */

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
SWIFT void lock_slow(uint32_t thread, SELF handle) __asm__(LOCK_SLOW);
SWIFT void lock_slow(uint32_t thread, SELF handle) {
    NEXT(lock_slow, LOCK_SLOW);
    next(thread, handle);
    __tsan_acquire(handle);
}

#define TRY_LOCK_SLOW "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
SWIFT bool try_lock_slow(SELF handle) __asm__(TRY_LOCK_SLOW);
SWIFT bool try_lock_slow(SELF handle) {
    NEXT(try_lock_slow, TRY_LOCK_SLOW);
    bool is_locked = next(handle);
    if (is_locked) __tsan_acquire(handle);
    return is_locked;
}

#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
SWIFT void unlock_slow(SELF handle) __asm__(UNLOCK_SLOW);
SWIFT void unlock_slow(SELF handle) {
    NEXT(unlock_slow, UNLOCK_SLOW);
    __tsan_release(handle);
    next(handle);
}

/* -- Dispatch ------------------------------------------------------------------------------------------------------ */

intptr_t dispatch_semaphore_signal(void *semaphore) {
    NEXT(dispatch_semaphore_signal, "dispatch_semaphore_signal");
    __tsan_release(semaphore);
    return next(semaphore);
}

intptr_t dispatch_semaphore_wait(void *semaphore, uint64_t timeout) {
    NEXT(dispatch_semaphore_wait, "dispatch_semaphore_wait");
    intptr_t timed_out = next(semaphore, timeout);
    if (!timed_out) __tsan_acquire(semaphore);
    return timed_out;
}

void dispatch_group_leave(void *group) {
    NEXT(dispatch_group_leave, "dispatch_group_leave");
    __tsan_release(group);
    next(group);
}

intptr_t dispatch_group_wait(void *group, uint64_t timeout) {
    NEXT(dispatch_group_wait, "dispatch_group_wait");
    intptr_t timed_out = next(group, timeout);
    if (!timed_out) __tsan_acquire(group);
    return timed_out;
}

#endif
