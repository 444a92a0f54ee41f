#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int add_actions(posix_spawn_file_actions_t *actions, const char *directory, int input, int output) {
    int error = 0;
    if (directory) error = posix_spawn_file_actions_addchdir_np(actions, directory);
    if (!error) error = posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO);
    if (!error) error = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
    if (!error) error = posix_spawn_file_actions_adddup2(actions, output, STDERR_FILENO);
    if (!error) error = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
    return error;
}

static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int error = posix_spawnattr_setsigmask(attributes, &none);
    if (!error) error = posix_spawnattr_setsigdefault(attributes, &all);
    if (!error) {
        error = posix_spawnattr_setflags(
            attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    return error;
}

static int spawn(
    pid_t *process, const char *path, char *const *arguments, char *const *environment, const char *directory,
    int input, int output) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    error = posix_spawnattr_init(&attributes);
    if (!error) {
        error = add_actions(&actions, directory, input, output);
        if (!error) error = set_attributes(&attributes);
        if (!error) error = posix_spawn(process, path, &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int cprocess_spawn(
    pid_t *process, const char *path, char *const *arguments, char *const *environment, const char *directory,
    int input, int output) {
    // Ended children of a program that ignores their end vanish with their exit code; who started us may ignore it.
    struct sigaction action;
    if (sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_IGN) signal(SIGCHLD, SIG_DFL);
    // Where our own standard streams are closed, ours may have their numbers, and would overwrite each other.
    int high_input = fcntl(input, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (high_input < 0) return errno;
    int high_output = fcntl(output, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int error = high_output < 0
        ? errno : spawn(process, path, arguments, environment, directory, high_input, high_output);
    close(high_input);
    if (high_output >= 0) close(high_output);
    return error;
}

int cprocess_watch(pid_t process) {
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, process, 0);
#else
    return -1;
#endif
}

bool cprocess_has_ended(pid_t process) {
    siginfo_t information = {0};
    int result = waitid(P_PID, (id_t)process, &information, WEXITED | WNOHANG | WNOWAIT);
    // Any other error than an interruption means that somebody else has reaped it.
    return result == 0 ? information.si_pid == process : errno != EINTR;
}

int cprocess_reap(pid_t process) {
    int status = 0;
    pid_t reaped;
    do reaped = waitpid(process, &status, 0);
    while (reaped < 0 && errno == EINTR);
    if (reaped < 0) return -SIGKILL;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int cprocess_memory_file(void) { return memfd_create("auspex", MFD_CLOEXEC); }

int cprocess_pipe(int *reading, int *writing) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    // The other end stays as programs expect it.
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
        close(ends[0]);
        close(ends[1]);
        return -1;
    }
    *reading = ends[0];
    *writing = ends[1];
    return 0;
}
