import CEL

/// What the HTTP face asks of the running service. Texts in the answers may come from strangers; secrets never do.
package protocol AdminState: Sendable {
    func readiness() async -> Readiness

    /// What the page shows. Called once for each request of the page or the metrics, so it should cost little.
    func overview() async throws -> Overview

    /// What the overview does not tell, such as counters since the start. Names must differ from those that the
    /// overview gives (``Overview/metricFamilies``); of two samples with the same name and labels the first counts.
    func metrics() async throws -> [MetricFamily]

    /// Judges a webhook of the watched API and, if it is sound, makes the source poll soon.
    ///
    /// Returns without waiting for that poll. The same hint twice does no harm.
    /// - Parameters:
    ///   - body: as sent, at most ``AdminLimits/hintBytes``.
    ///   - header: the value of `Aurous-Webhook-Signature`; several fields are joined with a comma.
    func hint(source: String, body: [UInt8], header: String?) async -> HintVerdict
}

/// Whether the service does its work: every source polled, deliveries flowing.
package struct Readiness: Sendable, Hashable {
    /// What is missing, in a sentence each, with neither secrets nor texts from outside: anyone may read them.
    /// Empty when ready.
    package var reasons: [String]

    package init(reasons: [String] = []) { self.reasons = reasons }

    package var isReady: Bool { reasons.isEmpty }
}

/// What became of a webhook of the watched API.
package enum HintVerdict: Sendable, Hashable, CaseIterable {
    case accepted
    case unknownSource
    /// No signature, or one that no secret of the source made.
    case badSignature
    /// Rightly signed, but too long ago or too far ahead.
    case stale
    /// The source has no `webhook_secret`, so nothing can be verified.
    case notConfigured
}

extension Readiness {
    /// `{"ready":false,"reasons":["…"]}`
    var json: String {
        JSON.serialize(
            .map(CELMap([("ready", .bool(isReady)), ("reasons", .list(reasons.map(CELValue.string)))]))) + "\n"
    }
}
