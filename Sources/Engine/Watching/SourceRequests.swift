import AurousAPI
import Core
import Transport

/// One source's requests: each waits for its part of the budget first, and each answer feeds it.
struct SourceRequests: Sendable {
    let source: SourceSettings
    let kind: ResourceKind
    let client: AurousClient
    let budget: RequestBudget
    let dependencies: Dependencies
    /// A point of the steady clock that all waits of this process are measured from.
    let steadySeconds: @Sendable () -> Double

    static let pageSize = 100

    func list(after cursor: String?) async throws(AurousError) -> PageScan {
        guard let resource = AurousResource(kind) else { throw AurousError(.invalidRequest, message: "not a list") }
        return try await budgeted { () async throws(AurousError) in
            try await client.list(resource, limit: SourceRequests.pageSize, startingAfter: cursor)
        }
    }

    /// Nil when the API says that there is no such resource.
    func single(_ id: String) async throws(AurousError) -> PageScan? {
        guard let resource = AurousResource(kind) else { throw AurousError(.invalidRequest, message: "not a list") }
        do {
            return try await budgeted { () async throws(AurousError) in try await client.resource(resource, id: id) }
        } catch {
            if error.kind == .notFound { return nil }
            throw error
        }
    }

    func balance() async throws(AurousError) -> [UInt8] {
        try await budgeted { () async throws(AurousError) in try await client.balance() }
    }

    /// How full the source's share of the bucket is.
    var budgetLevel: Double {
        guard let key = try? source.key.read() else { return 0 }
        return budget.level(key: key, endpoint: EndpointClass(kind), share: source.budget, at: steadySeconds())
    }

    private func budgeted<T: Sendable>(
        _ request: () async throws(AurousError) -> Answer<T>
    ) async throws(AurousError) -> T {
        let key: Secret
        do {
            key = try source.key.read()
        } catch {
            throw AurousError(.unauthorised, message: "the API key cannot be read: \(error.message)")
        }
        let endpoint = EndpointClass(kind)
        while true {
            let wait = budget.take(key: key, endpoint: endpoint, share: source.budget, at: steadySeconds())
            if wait <= .zero { break }
            do {
                try await dependencies.clock.sleep(for: wait)
            } catch {
                throw AurousError(.cancelled, message: "stopped")
            }
        }
        let answer: Answer<T>
        do throws(AurousError) {
            answer = try await request()
        } catch {
            if let limits = error.limits {
                budget.observed(limits, key: key, endpoint: endpoint, share: source.budget, at: steadySeconds())
            }
            throw error
        }
        if let limits = answer.limits {
            budget.observed(limits, key: key, endpoint: endpoint, share: source.budget, at: steadySeconds())
        }
        return answer.value
    }
}
