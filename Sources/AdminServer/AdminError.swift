import CEL
import HTTPTypes
import Hummingbird

/// Why a request is not answered as asked.
enum AdminError: Error, Hashable {
    case notFound
    case methodNotAllowed(allowed: String)
    case unauthorized
    case foreignHost
    case unreadableBody
    case bodyTooLarge(limit: Int)
    case unknownSource
    case badSignature
    case stale
    case hintsNotConfigured
    /// The service cannot say now; the cause is logged, not told.
    case unavailable

    /// RFC 9457, but for the type, which is always `about:blank`.
    struct Problem: Hashable {
        var status: HTTPResponse.Status
        /// What is wrong and what to do about it.
        var detail: String
    }

    var problem: Problem {
        switch self {
        case .notFound: Problem(status: .notFound, detail: "There is nothing here.")
        case .methodNotAllowed(let allowed):
            Problem(status: .methodNotAllowed, detail: "This address takes \(allowed).")
        case .unauthorized:
            Problem(status: .unauthorized, detail: "Send the token of `server.token` as `Authorization: Bearer …`.")
        case .foreignHost:
            Problem(
                status: .forbidden,
                detail:
                    "Without a token only requests to localhost are answered. Set `server.token` to use another name.")
        case .unreadableBody: Problem(status: .badRequest, detail: "The body could not be read.")
        case .bodyTooLarge(let limit):
            Problem(status: .contentTooLarge, detail: "The body may have \(limit) bytes at most.")
        case .unknownSource: Problem(status: .notFound, detail: "There is no source of this name.")
        case .badSignature:
            Problem(status: .unauthorized, detail: "The signature is missing, or none of the source's secrets made it.")
        case .stale: Problem(status: .unauthorized, detail: "The signature is too old. Check the clocks.")
        case .hintsNotConfigured:
            Problem(status: .forbidden, detail: "The source takes no webhooks: it has no `webhook_secret`.")
        case .unavailable:
            Problem(status: .serviceUnavailable, detail: "The service cannot answer at the moment. Try again soon.")
        }
    }

    /// What the status obliges us to send with it.
    var fields: HTTPFields {
        switch self {
        case .methodNotAllowed(let allowed): [.allow: allowed]
        case .unauthorized: [.wwwAuthenticate: "Bearer realm=\"auspex\""]
        case .unavailable: [.retryAfter: "5"]
        default: [:]
        }
    }

    var answer: Answer {
        let problem = problem
        let document = CELMap([
            ("type", .string("about:blank")), ("title", .string(problem.status.reasonPhrase)),
            ("status", .int(Int64(problem.status.code))), ("detail", .string(problem.detail)),
        ])
        return Answer(
            problem.status, .problem, JSON.serialize(.map(document)) + "\n", fields: fields)
    }
}
