// Tells the thread sanitizer of Swift's `Mutex` what it cannot see: where two threads meet at one, it is taken and left in
// the Swift library, which is built without the sanitizer, and everything behind a mutex looks like a race.
// Preloaded by deploy/sanitize.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

/// `_MutexHandle._lockSlow(_:)` and `_unlockSlow()` of the module Synchronization.
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

typedef SWIFT void (*lock_function)(uint32_t thread, SELF void *handle);
typedef SWIFT void (*unlock_function)(SELF void *handle);

// Not there in programs without the sanitizer, such as `swift test` itself.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

SWIFT void lock_slow(uint32_t thread, SELF void *handle) __asm__(LOCK);
SWIFT void lock_slow(uint32_t thread, SELF void *handle) {
    static _Atomic(lock_function) found;
    lock_function next = found;
    if (!next) found = next = (lock_function)dlsym(RTLD_NEXT, LOCK);
    next(thread, handle);
    if (__tsan_acquire) __tsan_acquire(handle);
}

SWIFT void unlock_slow(SELF void *handle) __asm__(UNLOCK);
SWIFT void unlock_slow(SELF void *handle) {
    static _Atomic(unlock_function) found;
    unlock_function next = found;
    if (!next) found = next = (unlock_function)dlsym(RTLD_NEXT, UNLOCK);
    if (__tsan_release) __tsan_release(handle);
    next(handle);
}
