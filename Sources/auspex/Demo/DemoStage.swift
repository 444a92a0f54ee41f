import ConfigurationFiles
import Engine
import SimulatedAurous
import Sinks

/// The demo's set-up: the starter rules, a source that is simulated, and a webhook to a receiver on this machine.
struct DemoStage {
    /// Signs the demo's callbacks. It opens nothing.
    static let secret = "whsec_YXVzcGV4IGRlbW8gc2VjcmV0IGZvciBsb29wYmFjaw=="

    let folder: String
    let apiPort: Int
    let receiverPort: Int

    /// The starter rules are read from memory, so the configuration names none.
    private var configuration: String {
        """
        sources:
          - name: studio
            api: http://127.0.0.1:\(apiPort)
            key: \(SimulationOptions.defaultKey)
            poll: { active: 500ms, idle: 1s, sweep: 1m }
        store: sqlite:demo.db
        rules: []
        sinks:
          team: { kind: webhook, url: "http://127.0.0.1:\(receiverPort)/team", secret: \(DemoStage.secret) }
          jobs: { kind: webhook, url: "http://127.0.0.1:\(receiverPort)/jobs", secret: \(DemoStage.secret) }
        notify: [team]
        """
    }

    /// Reads the starter rules with the demo's configuration, as `run` would.
    func load(_ services: SinkServices) throws -> LoadedConfiguration {
        let surroundings = RuleFileReader.Surroundings(sinks: ["team", "jobs"], notify: ["team"])
        var rules = RuleFileReader.Result()
        for file in StarterFiles.all where file.name.hasPrefix("rules/") {
            let read = RuleFileReader.read(FileText(name: file.name, text: file.text), surroundings: surroundings)
            rules.rules += read.rules
            rules.diagnostics += read.diagnostics
        }
        var settings = SettingsReader.read(
            FileText(name: "auspex.yaml", text: configuration), folder: folder, environment: [:])
        settings.diagnostics.removeAll { !$0.isError }
        guard let sound = settings.settings, !rules.hasErrors else {
            throw Failure(.outside, (settings.diagnostics + rules.diagnostics).map(\.rendered).joined(separator: "\n"))
        }
        let sinks = try sound.sinks.map { try $0.kind.make($0.configuration, services) }
        return LoadedConfiguration(settings: sound, rules: rules.rules, sinks: sinks)
    }
}
