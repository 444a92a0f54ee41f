package import ConfigurationFiles
import Core

/// The presets that are built in: the files in the folder `Presets`, one for each service.
package enum PresetLibrary {
    /// One line for each file, in the order of the alphabet.
    private static let files: [(name: String, bytes: [UInt8])] = [
        ("alertmanager", PackageResources.alertmanager_yaml),
        ("aws-eventbridge", PackageResources.aws_eventbridge_yaml),
        ("aws-lambda", PackageResources.aws_lambda_yaml),
        ("aws-sns", PackageResources.aws_sns_yaml),
        ("aws-sqs", PackageResources.aws_sqs_yaml),
        ("circleci", PackageResources.circleci_yaml),
        ("discord", PackageResources.discord_yaml),
        ("github", PackageResources.github_yaml),
        ("github-workflow", PackageResources.github_workflow_yaml),
        ("gitlab", PackageResources.gitlab_yaml),
        ("googlechat", PackageResources.googlechat_yaml),
        ("gotify", PackageResources.gotify_yaml),
        ("home-assistant", PackageResources.home_assistant_yaml),
        ("incidentio", PackageResources.incidentio_yaml),
        ("jenkins", PackageResources.jenkins_yaml),
        ("jira-service-management", PackageResources.jira_service_management_yaml),
        ("kafka-rest", PackageResources.kafka_rest_yaml),
        ("lark", PackageResources.lark_yaml),
        ("matrix", PackageResources.matrix_yaml),
        ("mattermost", PackageResources.mattermost_yaml),
        ("ntfy", PackageResources.ntfy_yaml),
        ("opsgenie", PackageResources.opsgenie_yaml),
        ("pagerduty", PackageResources.pagerduty_yaml),
        ("pushover", PackageResources.pushover_yaml),
        ("rocketchat", PackageResources.rocketchat_yaml),
        ("signal", PackageResources.signal_yaml),
        ("slack", PackageResources.slack_yaml),
        ("splunk-oncall", PackageResources.splunk_oncall_yaml),
        ("teams", PackageResources.teams_yaml),
        ("telegram", PackageResources.telegram_yaml),
        ("twilio", PackageResources.twilio_yaml),
        ("webex", PackageResources.webex_yaml),
        ("webhook", PackageResources.webhook_yaml),
        ("zenduty", PackageResources.zenduty_yaml),
        ("zulip", PackageResources.zulip_yaml),
    ]

    package static let names = files.map(\.name)

    /// The preset's file as it was written; nil for no preset.
    package static func text(named name: String) -> String? {
        files.first { $0.name == name }.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    /// What is wrong with a preset, with its places: nothing, says a test.
    package static func diagnostics(named name: String) -> [FileDiagnostic] {
        file(named: name).map { FormReader.preset($0).diagnostics } ?? []
    }

    private static func file(named name: String) -> FileText? {
        text(named: name).map { FileText(name: "\(name).yaml", text: $0) }
    }

    static func kind(named name: String) -> SinkKind? {
        guard let file = file(named: name), let heading = FormReader.heading(file).heading else { return nil }
        return kind(heading, file)
    }

    /// A kind of sink made of a preset's file. Nil with what is wrong where the file is no preset.
    package static func kind(of file: FileText) -> (kind: SinkKind?, diagnostics: [FileDiagnostic]) {
        let (form, diagnostics) = FormReader.preset(file)
        return (form.map { kind($0.heading, file) }, diagnostics)
    }

    private static func kind(_ heading: FormHeading, _ file: FileText) -> SinkKind {
        SinkKind(
            name: heading.name, summary: heading.summary,
            settings: heading.settings + ConnectionSettings.httpDeclarations,
            make: { (configuration, services) throws(SinkConfigurationError) in
                let (form, diagnostics) = FormReader.preset(file)
                guard let form else { throw SinkConfigurationError(diagnostics, key: "kind") }
                var reader = SettingReader(configuration)
                return try FormSink(
                    form, kind: heading.name, values: reader.values(of: heading.settings), &reader, services)
            }, rate: heading.rate)
    }
}

extension SinkConfigurationError {
    /// What is wrong in a form, each with its place.
    init(_ diagnostics: [FileDiagnostic], key: String) {
        problems = diagnostics.filter(\.isError).map { Problem(key: key, message: $0.message, diagnostic: $0) }
    }
}

extension SettingReader {
    /// The values of the settings, with their defaults.
    func values(of declarations: [SettingDeclaration]) -> [String: SettingValue] {
        var values: [String: SettingValue] = [:]
        for declaration in declarations {
            values[declaration.name] = configuration.values[declaration.name] ?? declaration.defaultValue
        }
        return values
    }
}
