#pragma once

#include <stdbool.h>
#include <sys/types.h>

// The calls for starting and watching programs that Swift's Glibc does not show, as they are GNU's or Linux' own.

/// Starts the program at `path` as the leader of a session of its own, with `input` as its standard input and `output`
/// as its standard output and standard error. It inherits no other descriptor, no blocked and no ignored signal.
/// `directory` is where it starts, or null for here. Returns 0, or an error number if it could not be started.
int cprocess_spawn(
    pid_t *_Nonnull process, const char *_Nonnull path, char *_Nullable const *_Nonnull arguments,
    char *_Nullable const *_Nonnull environment, const char *_Nullable directory, int input, int output);

/// A descriptor that can be polled for the end of `process`, or -1 where the system has none.
int cprocess_watch(pid_t process);

/// Whether `process`, a child that was not reaped, has ended. It stays unreaped, and so its number stays its own.
bool cprocess_has_ended(pid_t process);

/// Reaps `process`, waiting for its end. Returns its exit code, or minus the number of the signal that ended it.
int cprocess_reap(pid_t process);

/// An empty file without a name, in memory, closed in programs that are started; -1 on failure.
int cprocess_memory_file(void);

/// A pipe whose ends are closed in programs that are started, and whose reading end never blocks; -1 on failure.
int cprocess_pipe(int *_Nonnull reading, int *_Nonnull writing);
