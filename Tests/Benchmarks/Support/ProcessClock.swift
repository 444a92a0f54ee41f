// Where Foundation is in the module, the compiler takes this to be where `timespec` is defined.
import CDispatch
import Glibc

/// The clock of another process.
enum ProcessClock {
    /// Seconds of CPU that a process has used so far, ended threads included; not a number if there is none.
    static func cpuSeconds(of process: pid_t) -> Double {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0 else { return .nan }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
