import Core

/// Whether the API was asked as it wants to be: within the budget, and not while it had asked to be left alone.
extension Judge {
    func requests() -> [String] { EndpointClass.allCases.flatMap { budget($0) + holds($0) } }

    /// In no span of time were there more requests than the share of the bucket's size and of its rate.
    private func budget(_ kind: EndpointClass) -> [String] {
        let burst = API.burst(kind, plan.api) * plan.budget
        let rate = API.perSecond(kind, plan.api) * plan.budget
        // A new process learns from the first answers what the last one took, where they tell.
        let processes = Double(story.lives)
        let unknown = plan.api.tellsLimits ? processes * 6 : (processes - 1) * burst
        var lowest = Double.infinity
        for (index, request) in story.api.requests.filter({ $0.kind == kind }).enumerated() {
            let drained = Double(index) - rate * request.at.inSeconds
            lowest = min(lowest, drained)
            if drained + 1 - lowest > max(1, burst) + unknown {
                return [
                    "budget: \(index + 1) requests of \(kind) until \(Trace.clock(request.at)); \(burst) and \(rate)/s"
                ]
            }
        }
        return []
    }

    private func holds(_ kind: EndpointClass) -> [String] {
        let requests = story.api.requests.filter { $0.kind == kind }
        for refused in requests where refused.status == 429 {
            guard let heard = refused.heard else { continue }
            let end = heard + .seconds(refused.patience ?? 1)
            if let early = requests.first(where: { $0.life == refused.life && $0.sent > heard && $0.sent < end - 1000 })
            {
                return ["asked again \((early.sent - heard).inSeconds) s after 429 with \(refused.patience ?? 1) s"]
            }
        }
        return []
    }
}
