import AurousAPI
import Core
import Transport

/// One source's requests: each wants a permit of the budget first, and each answer feeds it.
struct SourceRequests: Sendable {
    let source: SourceSettings
    let kind: ResourceKind
    let client: AurousClient
    let budget: RequestBudget
    let health: SourceHealth
    let dependencies: Dependencies
    /// A point of the steady clock that all waits of this process are measured from.
    let steadySeconds: @Sendable () -> Double

    static let pageSize = 100
    /// How long a team leaves a class of endpoints alone that refused a request without saying for how long.
    private static let unsaidHold = 1.0

    /// One request's worth of the budget, already taken.
    struct Permit: Sendable {
        let purpose: RequestPurpose
        fileprivate let waited: Duration
    }

    /// Whether a request may wait for its permit.
    enum Patience: Sendable { case waits, goes }

    private var endpoint: EndpointClass { EndpointClass(kind) }

    /// A permit, or, for who does not wait, how long it would have taken.
    func permit(
        _ purpose: RequestPurpose, _ patience: Patience = .waits
    ) async throws(AurousError) -> (permit: Permit?, wait: Duration) {
        do {
            budget.uses(try source.key.read(), source: source.name, at: steadySeconds())
        } catch {
            throw AurousError(.unauthorised, message: "the API key cannot be read: \(error.message)")
        }
        var waited = Duration.zero
        while true {
            let wait = budget.take(source: source.name, endpoint: endpoint, purpose: purpose, at: steadySeconds())
            if wait <= .zero {
                await budget.keep(source: source.name, endpoint: endpoint, at: steadySeconds())
                // The disk takes its time: meanwhile another request may have been refused for the rate.
                guard !budget.isHeld(source: source.name, endpoint: endpoint, at: steadySeconds()) else { continue }
                return (Permit(purpose: purpose, waited: waited), .zero)
            }
            if patience == .goes { return (nil, wait) }
            do {
                try await dependencies.clock.sleep(for: wait)
            } catch {
                throw AurousError(.cancelled, message: "stopped")
            }
            waited += wait
        }
    }

    func list(after cursor: String?, _ permit: Permit) async throws(AurousError) -> PageScan {
        guard let resource = AurousResource(kind) else { throw AurousError(.invalidRequest, message: "not a list") }
        return try await asking(permit) { () async throws(AurousError) in
            try await client.list(resource, limit: SourceRequests.pageSize, startingAfter: cursor)
        }
    }

    /// The newest page; nil where it says the same as the page that was read before.
    func newest(unless known: PageImprint?, _ permit: Permit) async throws(AurousError) -> PageScan? {
        guard let resource = AurousResource(kind) else { throw AurousError(.invalidRequest, message: "not a list") }
        return try await asking(permit) { () async throws(AurousError) in
            try await client.newest(resource, limit: SourceRequests.pageSize, unless: known)
        }
    }

    /// Nil when the API says that there is no such resource.
    func single(_ id: String, _ permit: Permit) async throws(AurousError) -> PageScan? {
        guard let resource = AurousResource(kind) else { throw AurousError(.invalidRequest, message: "not a list") }
        do {
            return try await asking(permit) { () async throws(AurousError) in
                try await client.resource(resource, id: id)
            }
        } catch {
            if error.kind == .notFound { return nil }
            throw error
        }
    }

    func balance(_ permit: Permit) async throws(AurousError) -> [UInt8] {
        try await asking(permit) { () async throws(AurousError) in try await client.balance() }
    }

    /// What is left of the source's share of the bucket.
    var budgetView: BudgetLedger.View {
        budget.view(source: source.name, endpoint: endpoint, at: steadySeconds())
    }

    private func asking<T: Sendable>(
        _ permit: Permit, _ request: () async throws(AurousError) -> Answer<T>
    ) async throws(AurousError) -> T {
        let answer: Answer<T>
        do throws(AurousError) {
            answer = try await request()
        } catch {
            if let limits = error.limits { observe(limits) }
            if error.kind == .rateLimited {
                let now = steadySeconds()
                let hold = error.retryAfter.map { $0 / .seconds(1) } ?? SourceRequests.unsaidHold
                await budget.hold(source: source.name, endpoint: endpoint, until: now + hold, at: now)
            }
            if let outcome = error.kind.outcome { report(permit, outcome) }
            throw error
        }
        if let limits = answer.limits { observe(limits) }
        report(permit, "ok")
        return answer.value
    }

    private func observe(_ limits: RateLimitReading) {
        budget.observed(limits, source: source.name, endpoint: endpoint, at: steadySeconds())
    }

    private func report(_ permit: Permit, _ outcome: String) {
        health.asked(kind, at: steadySeconds())
        dependencies.report(
            .requested(
                source: source.name, kind: kind, purpose: permit.purpose, outcome: outcome, waited: permit.waited))
    }
}

extension AurousError.Kind {
    /// As a metric's label; nil for a request that was given up on our side.
    fileprivate var outcome: String? {
        switch self {
        case .unauthorised, .forbidden: "unauthorised"
        case .notFound: "not_found"
        case .invalidRequest: "invalid_request"
        case .rateLimited: "rate_limited"
        case .unavailable: "unavailable"
        case .notUnderstood, .bodyTooLarge: "not_understood"
        case .cancelled: nil
        }
    }
}
