// The compiler finds `sigset_t` through libcurl's headers.
import CCurl
import Glibc

/// Which signals a thread of ours leaves to the others.
enum ThreadSignals {
    /// All of them; and OpenSSL's writes would raise SIGPIPE, which libcurl leaves to us.
    static func blockAll() {
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    static func block(_ signal: Int32) {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, signal)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
