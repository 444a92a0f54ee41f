/// An error in the API's own words.
struct APIError: Error, Sendable {
    var status: Int
    var type: String
    var code: String
    var message: String
    var parameter: String?
    var retryAfter: String?

    static func invalid(_ parameter: String, _ message: String) -> APIError {
        APIError(
            status: 400, type: "invalid_request", code: "invalid_request", message: message, parameter: parameter)
    }

    static let notFound = APIError(
        status: 404, type: "not_found", code: "resource_not_found", message: "No such resource")

    static let missingKey = APIError(
        status: 401, type: "authentication", code: "missing_api_key", message: "The X-Api-Key header is missing")

    static let invalidKey = APIError(
        status: 401, type: "authentication", code: "invalid_api_key", message: "The API key is not valid")

    static let revokedKey = APIError(
        status: 401, type: "authentication", code: "revoked_api_key", message: "The API key was revoked")

    static let missingScope = APIError(
        status: 403, type: "authentication", code: "missing_scope", message: "The API key lacks the scope: read")

    static func rateLimited(retryAfter: Int64) -> APIError {
        APIError(
            status: 429, type: "rate_limit", code: "too_many_requests", message: "Too many requests",
            retryAfter: String(retryAfter))
    }

    /// An error whose type follows from its status.
    static func injected(_ status: Int, code: String, message: String, retryAfter: String?) -> APIError {
        let type =
            switch status {
            case 401, 403: "authentication"
            case 404, 410: "not_found"
            case 429: "rate_limit"
            case 500...: "server_error"
            default: "invalid_request"
            }
        return APIError(status: status, type: type, code: code, message: message, retryAfter: retryAfter)
    }

    func envelope(requestID: String) -> SimulatedJSON {
        [
            "error": [
                "type": .string(type),
                "code": .string(code),
                "message": .string(message),
                "param": parameter.map { .string($0) } ?? nil,
                "doc_url": .string("https://docs.aurous-labs.com/errors/\(code)"),
                "request_id": .string(requestID),
            ]
        ]
    }
}
