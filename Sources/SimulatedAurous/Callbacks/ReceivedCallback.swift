/// A delivery as it arrived.
package struct ReceivedCallback: Sendable {
    /// Counted from 0.
    package var number: Int
    /// When its body was whole, by the receiver's clock.
    package var time: WorldTime
    /// Path and query as sent.
    package var target: String
    /// In the order in which they came, names as HTTP compares them: in lower case.
    package var headers: [(name: String, value: String)]
    /// The bytes that the signature covers.
    package var body: [UInt8]
    /// Whether it is genuine.
    package var verdict: CallbackVerdict
    /// The status it was answered with, 0 for none.
    package var status: Int

    /// The first header of that name, however it is spelt.
    package subscript(header name: String) -> String? {
        headers.first { $0.name == name.lowercased() }?.value
    }

    /// The body read as JSON; nil if it is none.
    package var json: SimulatedJSON? { try? SimulatedJSON(parsing: body) }
}

/// What a receiver does with a delivery.
package enum CallbackAnswer: Sendable {
    case status(Int, retryAfter: String? = nil, body: String = "")
    /// The same, after so long.
    case delayed(milliseconds: Int64, status: Int)
    case hang
    /// The connection is closed without an answer, although the delivery was received.
    case close

    var status: Int {
        switch self {
        case .status(let status, _, _), .delayed(_, let status): status
        case .hang, .close: 0
        }
    }

    var answer: Answer {
        switch self {
        case .status(let status, let retryAfter, let body):
            var answer = Answer.text(status, body)
            if let retryAfter { answer.headers.append(("Retry-After", retryAfter)) }
            return answer
        case .delayed(let milliseconds, let status):
            return Answer(status: status, fate: .delayed(milliseconds: milliseconds))
        case .hang: return Answer(status: 200, fate: .never)
        case .close: return Answer(status: 200, fate: .closed)
        }
    }
}
