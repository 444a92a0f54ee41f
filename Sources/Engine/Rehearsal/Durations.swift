import ConfigurationFiles
import Core

extension Timestamp {
    /// How long after the start it is, as a test writes it: `20s`, `1h30m`.
    func offset(from start: Timestamp) -> Duration { duration(since: start) }
}

extension Duration {
    /// As a test writes it.
    var written: String { DurationText.text(self) }

    /// Whether it is the same moment to a reader: what compares `now` turns a millisecond late.
    func isAbout(_ other: Duration) -> Bool {
        let apart = self > other ? self - other : other - self
        return apart <= .milliseconds(10)
    }
}
