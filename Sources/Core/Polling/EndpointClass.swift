/// The rate limits of the watched API, per endpoint class. Source: the API's pages on rate limits.
package enum EndpointClass: String, Sendable, CaseIterable {
    /// Lists and single GETs of generations, and the balance.
    case general
    /// The bucket `characters_get`.
    case characters

    package init(_ kind: ResourceKind) { self = kind == .character ? .characters : .general }

    /// Requests at once, for the whole team.
    var burst: Double { self == .general ? 1200 : 240 }
    /// Requests in a minute, sustained.
    var perMinute: Double { self == .general ? 600 : 120 }
}

/// What a request is for. It decides how much of the bucket it leaves to what matters more.
package enum RequestPurpose: String, Sendable, CaseIterable {
    /// The newest page, or the balance: what shows most, most cheaply.
    case head
    /// What a webhook of the API named.
    case hint
    /// Further pages below the head, those that hold what is in flight, and those of the first full listing.
    case page
    /// A single resource in flight, or one whose timer is due.
    case id
    /// A page or a resource that there was nothing left for the last time: it has its turn.
    case owed
    /// A later full listing: it can always wait.
    case sweep

    /// The share of the bucket, from 0 to 1, that such a request must leave behind.
    var reserve: Double {
        switch self {
        case .head, .hint, .owed: 0
        case .page, .id: 0.1
        case .sweep: 0.3
        }
    }
}
