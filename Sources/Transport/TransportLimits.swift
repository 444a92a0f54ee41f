/// Every bound of this target, by name.
enum TransportLimits {
    static let urlBytes = 16 << 10
    static let requestHeaderBytes = 64 << 10
    static let requestHeaderFields = 128
    static let requestBodyBytes = 64 << 20
    /// Above it libcurl adds a field to the request.
    static let signedBodyBytes = 1_000_000
    static let messageBytes = 32 << 20

    /// RFC 5322, section 2.1.1, without the CRLF.
    static let messageLineBytes = 998
    /// RFC 5321, section 4.5.3.1.3: a path of 256 octets with its angle brackets.
    static let mailAddressBytes = 254
    /// RFC 1035, section 2.3.4.
    static let hostNameBytes = 255
    /// MQTT, section 1.5.3: a text has 16 bits for its length.
    static let topicBytes = 65_535
    /// Linux' PATH_MAX.
    static let pathBytes = 4096
    /// Of a user name and of a password.
    static let loginBytes = 1 << 10

    /// All response heads of one exchange together, trailers and 1xx included.
    static let responseHeaderBytes = 64 << 10
    /// libcurl's buffer for what it reads of one transfer; it lives as long as the transfer.
    static let readBufferBytes = (16 << 10)...(128 << 10)
    /// For a body of which the server says that it is so long, room is made before it is there.
    static let believedLengthBytes = 1 << 20
    /// How much of a body is read and thrown away behind its limit, so that the connection can be kept.
    static let drainedBodyBytes = 64 << 10
    /// Of one reply, as it is kept.
    static let mailReplyBytes = 1 << 10
    /// Of all that a mail server says in one transaction.
    static let mailTalkBytes = 64 << 10
    /// Of libcurl's words in an error.
    static let causeBytes = 256
    /// Linux takes 128 KiB in one argument (`MAX_ARG_STRLEN`).
    static let shellArgumentBytes = 96 << 10

    static let longestTimeout: Duration = .seconds(24 * 60 * 60)
    static let pooledEasyHandles = 128
    static let threadStackBytes = 1 << 20
}
