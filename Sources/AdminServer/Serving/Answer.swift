import HTTPTypes
import Hummingbird

/// What is said to one request.
struct Answer: Sendable {
    enum Content: String, Sendable {
        case text = "text/plain; charset=utf-8"
        case json = "application/json"
        case problem = "application/problem+json"
        case page = "text/html; charset=utf-8"
        case metrics = "text/plain; version=0.0.4; charset=utf-8"
    }

    var status: HTTPResponse.Status
    var content: Content
    var body: String
    var fields: HTTPFields

    init(_ status: HTTPResponse.Status, _ content: Content, _ body: String, fields: HTTPFields = [:]) {
        self.status = status
        self.content = content
        self.body = body
        self.fields = fields
    }

    /// With what every answer carries: nothing of it is stored, framed, guessed at or told to other sites.
    var allFields: HTTPFields {
        var all = fields
        all[.contentType] = content.rawValue
        all[.cacheControl] = "no-store"
        all[.xContentTypeOptions] = "nosniff"
        for (name, value) in Self.guards { all[name] = value }
        all[.contentSecurityPolicy] =
            content == .page ? Page.contentSecurityPolicy : "default-src 'none'; frame-ancestors 'none'"
        return all
    }

    private static let guards: [(HTTPField.Name, String)] = [
        ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
    ].compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }
}
