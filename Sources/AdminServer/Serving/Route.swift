import Hummingbird

/// What the server can be asked.
enum Route: Hashable, Sendable {
    case health, readiness, metrics, login, logout
    case page(refreshes: Bool)
    case hint(source: String)

    /// Whether the body of the request means something; all others are not read.
    var takesBody: Bool {
        switch self {
        case .hint, .login: true
        default: false
        }
    }

    /// - Parameter target: the request's path and query, as sent.
    init(method: HTTPRequest.Method, target: String) throws(AdminError) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = parts.count > 1 ? parts[1] : ""
        guard let route = Self.named(parts.first ?? "", query: query) else { throw .notFound }
        let isReading = method == .get || method == .head
        switch route {
        case .hint, .login, .logout: guard method == .post else { throw .methodNotAllowed(allowed: "POST") }
        default: guard isReading else { throw .methodNotAllowed(allowed: "GET, HEAD") }
        }
        self = route
    }

    private static func named(_ path: Substring, query: Substring) -> Route? {
        switch path {
        case "/healthz": return .health
        case "/readyz": return .readiness
        case "/metrics": return .metrics
        case "/": return .page(refreshes: !query.split(separator: "&").contains("refresh=off"))
        case "/login": return .login
        case "/logout": return .logout
        default:
            let prefix = "/hooks/aurous/"
            guard path.hasPrefix(prefix) else { return nil }
            let name = path.dropFirst(prefix.count)
            guard !name.isEmpty, name.utf8.count <= AdminLimits.sourceNameBytes, !name.contains("/") else { return nil }
            return PercentCoding.decoded(name.utf8).map { .hint(source: $0) }
        }
    }
}
