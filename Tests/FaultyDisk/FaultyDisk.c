#define _GNU_SOURCE
#include "FaultyDisk.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static const volatile char *control;
static const char *files;

// Before main, and so before any thread.
__attribute__((constructor)) static void prepare(void) {
    const char *path = getenv("FAULTY_DISK");
    files = getenv("FAULTY_DISK_FILES");
    if (!path || !files) return;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    void *map = mmap(NULL, 8, PROT_READ, MAP_SHARED, descriptor, 0);
    if (map != MAP_FAILED) control = map;
    close(descriptor);
}

static bool is_ours_by_name(const char *path) {
    return control && strncmp(path, files, strlen(files)) == 0;
}

static bool is_ours(int descriptor) {
    if (!control || *control == faulty_disk_well) return false;
    char name[64], path[4096];
    snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(name, path, sizeof path - 1);
    if (length <= 0) return false;
    path[length] = 0;
    return is_ours_by_name(path);
}

/// The error of writing so far into the file, or 0.
static int write_error(int descriptor, off64_t end) {
    if (!is_ours(descriptor)) return 0;
    struct stat information;
    switch (*control) {
    case faulty_disk_full:
        return fstat(descriptor, &information) == 0 && end > information.st_size ? ENOSPC : 0;
    case faulty_disk_read_only: return EROFS;
    case faulty_disk_broken: return EIO;
    default: return 0;
    }
}

static int sync_error(int descriptor) {
    if (!is_ours(descriptor)) return 0;
    if (*control == faulty_disk_slow) {
        int32_t milliseconds;
        memcpy(&milliseconds, (const char *)control + 4, sizeof milliseconds);
        struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
        nanosleep(&pause, NULL);
    }
    return *control == faulty_disk_forgetful ? EIO : 0;
}

/// The function that ours stands in front of.
#define NEXT(name)                                                                                                     \
    static _Atomic(__typeof__(&name)) found;                                                                           \
    __typeof__(&name) next = found;                                                                                    \
    if (!next) found = next = (__typeof__(&name))dlsym(RTLD_NEXT, #name);

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
    NEXT(pwrite64)
    int error = write_error(descriptor, offset + (off64_t)count);
    if (!error) return next(descriptor, bytes, count, offset);
    errno = error;
    return -1;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    NEXT(write)
    int error = write_error(descriptor, INT64_MAX);
    if (!error) return next(descriptor, bytes, count);
    errno = error;
    return -1;
}

int ftruncate64(int descriptor, off64_t length) {
    NEXT(ftruncate64)
    int error = write_error(descriptor, length);
    if (!error) return next(descriptor, length);
    errno = error;
    return -1;
}

int fsync(int descriptor) {
    NEXT(fsync)
    int error = sync_error(descriptor);
    if (!error) return next(descriptor);
    errno = error;
    return -1;
}

int fdatasync(int descriptor) {
    NEXT(fdatasync)
    int error = sync_error(descriptor);
    if (!error) return next(descriptor);
    errno = error;
    return -1;
}

int open64(const char *path, int flags, ...) {
    NEXT(open64)
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    if ((flags & O_ACCMODE) != O_RDONLY && is_ours_by_name(path) && *control == faulty_disk_read_only) {
        errno = EROFS;
        return -1;
    }
    return next(path, flags, mode);
}
