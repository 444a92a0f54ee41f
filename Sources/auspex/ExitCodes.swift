/// The documented ways to end other than well.
enum FailureCode: Int32 {
    /// What the user gave was wrong: a configuration, a rule, a name.
    case input = 1
    case usage = 2
    /// Something outside failed: the network, the disk, another program.
    case outside = 3
}

/// Ends a command with a message for the person who typed it.
struct Failure: Error {
    var code: FailureCode
    /// Where, what, and what to do; empty when it was said already.
    var message: String

    init(_ code: FailureCode, _ message: String = "") {
        self.code = code
        self.message = message
    }
}
