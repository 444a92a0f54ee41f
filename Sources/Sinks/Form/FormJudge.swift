import CEL
import ConfigurationFiles
import Core
import Transport

/// Says what an answer means, as its form does; what the form does not say, ``HTTPOutcome`` does.
struct FormJudge {
    let form: Form
    let mask: SecretMask
    let now: Timestamp

    /// - Parameter needed: the kept names that the request was made with; they are not kept anew.
    func result(
        of response: HTTPResponse, values: [String: CELValue], needed: [String]
    ) -> AttemptResult {
        let activation = activation(response, values)
        let answer = Answer.excerpt(of: response, mask: mask)
        var kept = kept(activation, but: needed)
        let lost = form.forget.filter { holds($0.condition, activation) }.map(\.name)
        for name in lost { kept[name] = "" }
        if lost.contains(where: needed.contains) {
            let reason = Answer.reason(of: response, mask: mask) + " (the next attempt says it anew)"
            return AttemptResult(.failed(reason: reason, after: retryAfter(response)), answer: answer, kept: kept)
        }
        let clause = form.outcomes.first { holds($0.condition, activation) }
        return AttemptResult(
            outcome(clause, response, activation), answer: answer, kept: kept,
            misconfiguration: misconfiguration(clause, response))
    }

    /// What the form says of it, else what the status says.
    private func misconfiguration(_ clause: FormOutcome?, _ response: HTTPResponse) -> Misconfiguration? {
        if let pauses = clause?.pauses { return pauses ? .certain : nil }
        return clause?.meaning == .delivered ? nil : HTTPOutcome.misconfiguration(response)
    }

    private func activation(_ response: HTTPResponse, _ values: [String: CELValue]) -> Activation {
        var activation = form.scope.answer.activation(values)
        activation["status"] = .int(Int64(response.status))
        activation["headers"] = .map(
            CELMap(response.headerFields.map { ($0.name.lowercased(), .string($0.value)) }))
        activation["text"] = .string(String(decoding: response.body, as: UTF8.self).trimmingWhitespace)
        activation["body"] = (try? JSON.parse(response.body)) ?? .null
        return activation
    }

    private func holds(_ condition: Program, _ activation: Activation) -> Bool {
        (try? condition.evaluateBool(activation)) ?? false
    }

    private static let longestKept = 4096

    private func kept(_ activation: Activation, but needed: [String]) -> [String: String] {
        var kept: [String: String] = [:]
        for entry in form.keep where !needed.contains(entry.name) {
            guard let value = try? entry.template.value(activation), let content = value.content else { continue }
            let text = TextNormaliser.oneLine(content.inserted)
            if !text.isEmpty, text.utf8.count <= FormJudge.longestKept { kept[entry.name] = text }
        }
        return kept
    }

    private func outcome(
        _ clause: FormOutcome?, _ response: HTTPResponse, _ activation: Activation
    ) -> AttemptOutcome {
        let usual = Answer.reason(of: response, mask: mask)
        guard let clause else { return HTTPOutcome.outcome(of: response, reason: usual, now: now) }
        let reason = clause.reason.flatMap { said($0, activation) } ?? usual
        let after = patience(clause, response, activation)
        switch clause.meaning {
        case .delivered: return .delivered
        case .refused: return .refused(reason: reason)
        case .throttled:
            guard let after, after > .zero else { return .failed(reason: reason, after: nil) }
            return .throttled(after: after, reason: reason)
        case .failed: return .failed(reason: reason, after: after)
        case .unknown: return .unknown(reason: reason)
        }
    }

    private func said(_ template: Template, _ activation: Activation) -> String? {
        guard let value = try? template.value(activation).content else { return nil }
        let line = TextNormaliser.oneLine(mask.masked(value.inserted))
        return line.isEmpty ? nil : TextCut.graphemes(line, limit: SinkLimits.reasonCharacters)
    }

    private func retryAfter(_ response: HTTPResponse) -> Duration? {
        RetryAfter.delay(response.first(named: "Retry-After"), now: now)
    }

    /// The longer one of what the clause and what the field says.
    private func patience(
        _ clause: FormOutcome, _ response: HTTPResponse, _ activation: Activation
    ) -> Duration? {
        let field = retryAfter(response)
        guard let value = clause.after.flatMap({ try? $0.value(activation).content }),
            let asked = FormJudge.duration(value, now: now)
        else { return field }
        return min(max(asked, field ?? .zero), SinkLimits.longestRetryAfter)
    }

    /// Seconds as a number or a text, a duration, or a time; nil for anything else and for what is past.
    static func duration(_ value: CELValue, now: Timestamp) -> Duration? {
        let longest = SinkLimits.longestRetryAfter
        switch value {
        case .int(let seconds): return seconds > 0 ? .seconds(min(seconds, longest.components.seconds)) : nil
        case .uint(let seconds): return duration(.int(Int64(clamping: seconds)), now: now)
        case .double(let seconds):
            guard seconds > 0, seconds.isFinite else { return nil }
            return .milliseconds(Int64((min(seconds, 86_400) * 1000).rounded(.up)))
        case .duration(let span): return span.nanoseconds > 0 ? .nanoseconds(span.nanoseconds) : nil
        case .timestamp(let time):
            let span = time.duration(since: now)
            return span > .zero ? span : nil
        case .string(let text):
            if let seconds = Double(text) { return duration(.double(seconds), now: now) }
            if let span = DurationText.parse(text) { return span > .zero ? span : nil }
            return Timestamp(rfc3339: text).flatMap { duration(.timestamp($0), now: now) }
        default: return nil
        }
    }
}
