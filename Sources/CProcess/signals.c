#include <signal.h>
#include <stddef.h>
#include <string.h>

/// `auspex run` is told to stop by a signal, and must end in order however early that comes: until the program listens
/// (with a signalfd, which reads what is blocked), SIGTERM and SIGINT wait. Every other command ends at once, as usual.
__attribute__((constructor(101))) static void hold_signals_of_the_service(int count, char **arguments) {
    if (count < 2 || strcmp(arguments[1], "run") != 0) return;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
}
