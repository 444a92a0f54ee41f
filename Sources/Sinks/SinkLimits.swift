/// The named limits of the sinks.
package enum SinkLimits {
    /// No answer makes a delivery wait longer than this, whatever its `Retry-After` says.
    package static let longestRetryAfter = Duration.seconds(24 * 60 * 60)
    /// How much of an HTTP answer is read, in bytes; enough for a chat service's JSON, too little to hurt.
    package static let responseBodyBytes = 16 * 1024
    /// How much of an answer a reason quotes, in characters.
    static let reasonCharacters = 200
    /// How long a whole HTTP exchange may take where the sink has no `timeout`.
    package static let httpTimeout = Duration.seconds(15)
    /// How long a mail transaction may take where the sink has no `timeout`: SMTP servers greylist and scan.
    package static let mailTimeout = Duration.seconds(60)
    /// How long a program may run where the sink has no `timeout`.
    static let programTimeout = Duration.seconds(30)
    /// How long a program that was asked to end has for it.
    static let programGrace = Duration.seconds(2)
    /// How long a throttled program waits where it did not say how long.
    static let programThrottle = Duration.seconds(60)
    /// How many arguments a program may be given.
    static let programArguments = 64
    /// How much of one inserted text goes into an argument, in bytes; Linux takes 128 KiB in one, 2 MiB in all.
    static let insertedTextBytes = 16 * 1024
    /// How long handing a message to a broker may take where the sink has no `timeout`.
    package static let brokerTimeout = Duration.seconds(15)
    /// How much of the timeout connecting may take.
    static let connectTimeout = Duration.seconds(10)
    /// How many bytes a character of a long text may take on average; a family of emoji takes 25.
    static let characterBytes = 32
    /// Combining marks kept on one base character; no script needs more.
    static let combiningMarks = 8
    /// Zero-width characters kept in a row; emoji sequences need one between two others.
    static let zeroWidthRun = 2
}
