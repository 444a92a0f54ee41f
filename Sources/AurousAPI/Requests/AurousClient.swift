package import Core
package import Transport

/// Asks the watched API: the two lists, single resources, the balance. One request a call; nothing is tried again here.
///
/// The answers of one client may be awaited concurrently. The scheme, host and path prefix are those of `base`
/// whatever the API answers; ids and cursors are opaque and percent-encoded.
package struct AurousClient: Sendable {
    private let transport: any HTTPTransport
    private let base: String
    private let key: @Sendable () throws -> Secret
    private let version: String
    private let userAgent: String
    private let timeouts: Timeouts
    private let trust: TrustSettings
    private let destination: DestinationPolicy
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - base: such as `https://api.aurous-labs.com`; may have a path, a slash at its end does not count.
    ///   - key: asked before every request, so that a rotated key file works without a restart.
    ///   - version: for `Aurous-Version`, `YYYY-MM-DD`.
    ///   - now: wall time, to read relative and absolute times in header fields against.
    package init(
        transport: any HTTPTransport,
        base: String,
        key: @escaping @Sendable () throws -> Secret,
        version: String,
        userAgent: String,
        timeouts: Timeouts,
        trust: TrustSettings,
        destination: DestinationPolicy,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.transport = transport
        self.base = String(base.reversed().drop { $0 == "/" }.reversed())
        self.key = key
        self.version = version
        self.userAgent = userAgent
        self.timeouts = timeouts
        self.trust = trust
        self.destination = destination
        self.now = now
    }

    /// Asks for one page, newest first.
    ///
    /// - Parameters:
    ///   - limit: held within 1 to 100.
    ///   - endingBefore: rows strictly newer than this id; for generations only, the characters' list ignores it.
    package func list(
        _ kind: AurousResource, limit: Int, startingAfter: String? = nil, endingBefore: String? = nil
    ) async throws(AurousError) -> Answer<PageScan> {
        var query = "?limit=\(min(max(limit, 1), AurousLimits.rowsPerPage))"
        if let startingAfter { query += "&starting_after=" + startingAfter.percentEncoded }
        if let endingBefore { query += "&ending_before=" + endingBefore.percentEncoded }
        return try await get(kind.path + query).map { bytes throws(PageScanError) in try PageScan.list(bytes) }
    }

    /// Asks for the newest page, as a list that is watched does again and again.
    ///
    /// - Returns: nil where the page is certain to say the same as the one that `known` was made of.
    package func newest(
        _ kind: AurousResource, limit: Int, unless known: PageImprint?
    ) async throws(AurousError) -> Answer<PageScan?> {
        let query = "?limit=\(min(max(limit, 1), AurousLimits.rowsPerPage))"
        let answer = try await get(kind.path + query)
        return try answer.map { bytes throws(PageScanError) -> PageScan? in
            if let known, known.matches(bytes) { return nil }
            return try PageScan.list(bytes, imprints: true)
        }
    }

    /// Asks for one resource: a page of exactly one row, whose id is the one asked for.
    ///
    /// - Throws: `.notFound` only when the API itself says so: a bare 404 of something in between is `.unavailable`.
    package func resource(_ kind: AurousResource, id: String) async throws(AurousError) -> Answer<PageScan> {
        // These would leave the collection for another endpoint; as ids the API cannot know them either.
        guard !["", ".", ".."].contains(id) else { throw AurousError(.invalidRequest, message: "'\(id)' is no id") }
        let answer = try await get(kind.path + "/" + id.percentEncoded)
        let page = try answer.map { bytes throws(PageScanError) in try PageScan.single(bytes) }
        if let problem = page.value.problems.first {
            throw answer.notUnderstood("the answer about \(id.excerpt) is unusable: \(problem)")
        }
        guard let row = page.value.rows.first, row.id.utf8.elementsEqual(id.utf8) else {
            throw answer.notUnderstood("the answer to the request for \(id.excerpt) is about another resource")
        }
        return page
    }

    /// Asks for the balance: the bytes of a JSON object.
    package func balance() async throws(AurousError) -> Answer<[UInt8]> {
        let answer = try await get("/v1/balance")
        // It has no id, which is no problem of a balance: the scan only tells whether this is a whole object.
        _ = try answer.map { bytes throws(PageScanError) in try PageScan.single(bytes) }
        return answer
    }

    private func get(_ path: String) async throws(AurousError) -> Answer<[UInt8]> {
        let secret = try currentKey()
        let request = HTTPRequest(
            url: base + path,
            headerFields: [
                HeaderField("X-Api-Key", secret.reveal()), HeaderField("Aurous-Version", version),
                HeaderField("User-Agent", userAgent), HeaderField("Accept", "application/json"),
            ],
            timeouts: timeouts, responseBodyLimitBytes: AurousLimits.bodyBytes,
            likelyBodyBytes: AurousLimits.likelyBodyBytes, onBodyLimit: .fail, trust: trust, destination: destination)
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await transport.send(request)
        } catch {
            throw AurousError(error)
        }
        return try ResponseReading(response: response, now: now(), secret: secret).answer()
    }

    private func currentKey() throws(AurousError) -> Secret {
        let secret: Secret
        do {
            secret = try key()
        } catch {
            throw AurousError(.unauthorised, message: "the API key could not be read: \(error)")
        }
        guard !secret.isEmpty else { throw AurousError(.unauthorised, message: "the API key is empty") }
        return secret
    }
}

/// The collections that can be listed.
package enum AurousResource: String, Sendable, Hashable, CaseIterable {
    case generation, character

    /// Nil for what is no resource of the API.
    package init?(_ kind: ResourceKind) {
        self.init(rawValue: kind.rawValue)
    }

    var path: String {
        switch self {
        case .generation: "/v1/images"
        case .character: "/v1/characters"
        }
    }
}

/// The bounds of this target, by name. Those of a page's parts are in `cpage.h`.
enum AurousLimits {
    /// What the API allows.
    static let rowsPerPage = 100
    static let bodyBytes = 32 << 20
    /// A page of a hundred generations.
    static let likelyBodyBytes = 128 << 10
    /// Of the API's own words, in an error.
    static let excerptCharacters = 300
    /// How much of a text from outside is looked at for one.
    static let strayBytes = 16 << 10
    /// A `Retry-After` beyond this is taken as this.
    static let retryAfter: Duration = .seconds(24 * 60 * 60)
    /// Of a header field that is read.
    static let headerValueBytes = 1024
}
