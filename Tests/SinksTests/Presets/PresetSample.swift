import CEL
import Core
import Foundation
import Sinks
import Testing
import Transport

/// How a preset is set up in tests, what its service answers when all is well, and what else it may answer.
struct PresetSample: CustomTestStringConvertible, Sendable {
    /// The preset's name.
    var kind: String
    var values: [String: SettingValue]
    /// What must not appear anywhere but in the request itself.
    var secrets: [String]
    /// The answer to a request that was taken.
    var success: (status: Int, body: String)
    var answers: [PresetAnswer] = []
    /// The settings by which it posts to `http://127.0.0.1:PORT`, with secrets of at most three bytes, which are not
    /// masked: so the previewed line can be run.
    var onLoopback: @Sendable (_ address: String) -> [String: SettingValue]
    /// The grammar of what is shown to people, for the search for markup that a stranger brought in.
    var inert: @Sendable (String) -> [String] = { _ in [] }
    /// Whether its body is the callback, in which resources are as the API sent them.
    var sendsCallback = false
    var testDescription: String { kind }

    /// One for each preset, in the order of the alphabet.
    static let all: [PresetSample] = [
        AlertmanagerPreset.sample, AWSPresets.eventBridge, AWSPresets.lambda, AWSPresets.sns, AWSPresets.sqs,
        CircleCIPreset.sample, DiscordPreset.sample, GitHubPreset.sample, GitHubWorkflowPreset.sample,
        GitLabPreset.sample, GoogleChatPreset.sample, GotifyPreset.sample, HomeAssistantPreset.sample,
        IncidentPreset.sample, JenkinsPreset.sample, OpsgeniePreset.sample("jira-service-management"),
        KafkaPreset.sample, LarkPreset.sample, MatrixPreset.sample, MattermostPreset.sample, NtfyPreset.sample,
        OpsgeniePreset.sample("opsgenie"), PagerDutyPreset.sample, PushoverPreset.sample, RocketChatPreset.sample,
        SignalPreset.sample, SlackPreset.sample, SplunkPreset.sample, TeamsPreset.sample, TelegramPreset.sample,
        TwilioPreset.sample, WebexPreset.sample, WebhookPreset.sample, ZendutyPreset.sample, ZulipPreset.sample,
    ]

    func sink(_ http: ScriptedHTTP, adding more: [String: SettingValue] = [:]) throws -> any Sink {
        try SinksTests.sink(kind, values.merging(more) { _, new in new }, http: http)
    }

    /// A service that takes everything.
    func taking() -> ScriptedHTTP {
        let answer = HTTPResponse(status: success.status, body: Array(success.body.utf8))
        return ScriptedHTTP(Array(repeating: .success(answer), count: 200))
    }

    /// The requests that some deliveries lead to, each knowing what the earlier ones kept.
    func requests(_ notifications: [AlertNotification]) async throws -> [HTTPRequest] {
        let http = taking()
        let sink = try sink(http)
        var kept: [String: String] = [:]
        for notification in notifications {
            let result = await sink.attempt(Sample.delivery(notification, earlier: kept), at: Sample.now)
            #expect(result.outcome == .delivered)
            kept.merge(result.kept) { $1 }
        }
        return http.requests
    }
}

/// An answer and the outcome it means.
struct PresetAnswer: Sendable {
    var status: Int
    var body: String
    var fields: [HeaderField] = []
    var outcome: String
    var after: Duration?
}

extension HTTPRequest {
    /// The body as JSON, null where it is none.
    var json: CELValue { (try? JSON.parse(body ?? [])) ?? .null }

    /// The fields of a form, decoded; none where the body is no form.
    var form: [String: String] {
        guard headerFields.contains(where: { $0.value.hasPrefix("application/x-www-form-urlencoded") }) else {
            return [:]
        }
        var fields: [String: String] = [:]
        for pair in bodyText.split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                $0.replacing("+", with: " ").removingPercentEncoding ?? ""
            }
            fields[halves[0]] = halves.count > 1 ? halves[1] : ""
        }
        return fields
    }

    /// Every text that the service takes out of the body.
    var texts: [String] { json.texts + form.values }
}

extension CELValue {
    /// The value with every text replaced by one word and every number by zero: its shape.
    var shape: CELValue {
        switch self {
        case .string: "text"
        case .int, .uint, .double: .int(0)
        case .list(let list): .list(list.map(\.shape))
        case .map(let map): .map(CELMap(map.entries.map { ($0.key.literalText, $0.value.shape) }))
        default: self
        }
    }

    /// The member of that very name, with its dots.
    func member(_ name: String) -> CELValue? { if case .map(let map) = self { map[name] } else { nil } }

    /// Every text in it.
    var texts: [String] {
        switch self {
        case .string(let text): [text]
        case .list(let list): list.flatMap(\.texts)
        case .map(let map): map.entries.flatMap { $0.value.texts }
        default: []
        }
    }

    private var literalText: String { if case .string(let text) = self { text } else { "" } }
}
