import CEL
import Core
import Dispatch
import Transport

/// Runs a program for each notification, with the callback's JSON as one line on its standard input.
///
/// There is no shell in between, and nothing that a stranger wrote is in the arguments unless the configuration allows
/// it. What the program leaves running in its session is ended with it.
struct ExecSink: Sink {
    let name: String
    let kind = "exec"
    let settings: ExecSettings
    /// Auspex's own variables that are passed on, as `NAME=value`.
    let inherited: [String]
    let mask: SecretMask

    func preview(_ delivery: OutgoingDelivery, at now: Timestamp) -> String {
        do throws(EvaluationError) {
            let plan = try plan(delivery)
            let words = ["env", "-i"] + (plan.environment + plan.arguments).map { quoted(mask.masked($0)) }
            let place = plan.directory.map { "cd \(quoted($0)) && " } ?? ""
            // The document is one line of JSON, which can neither end the input nor be changed by a shell.
            let input = mask.masked(String(decoding: plan.input, as: UTF8.self))
            return place + words.joined(separator: " ") + " <<'END'\n\(input)END"
        } catch {
            return mask.masked("cannot be run: \(error.message)")
        }
    }

    func attempt(_ delivery: OutgoingDelivery, at now: Timestamp) async -> AttemptResult {
        let run: ProgramRun
        do throws(EvaluationError) {
            run = ProgramRun(try plan(delivery))
        } catch {
            return AttemptResult(.refused(reason: mask.masked("an argument cannot be made: \(error.message)")))
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A queue of its own is a thread of its own: the wait blocks nobody else.
                DispatchQueue(label: "auspex.sink.exec.\(name)").async { continuation.resume(returning: run.run()) }
            }
        } onCancel: {
            run.cancel()
        }
        return judge(result, at: now)
    }

    private func judge(_ result: ProgramRun.Result, at now: Timestamp) -> AttemptResult {
        var output = mask.masked(String(decoding: result.output, as: UTF8.self))
        // What was cut off may have been the rest of a secret.
        if result.isOutputCut { output = mask.droppingPartialSecret(output) }
        output = TextNormaliser.normalised(output)
        let outcome = ExecOutcome.of(
            result.ending, program: settings.program, timeout: settings.timeout, output: output, now: now)
        if case .exited(let code) = result.ending {
            return AttemptResult(outcome, answer: Answer.excerpt("exit code \(code)\n\(output)"))
        }
        return AttemptResult(outcome, answer: Answer.excerpt(output))
    }

    private func plan(_ delivery: OutgoingDelivery) throws(EvaluationError) -> ProgramRun.Plan {
        var delivery = delivery
        delivery.notification = settings.redaction.apply(to: delivery.notification)
        var arguments: [String] = []
        for template in settings.command { arguments.append(try template.text(delivery)) }
        let own = [
            "AUSPEX_SINK=\(name)", "AUSPEX_DELIVERY_ID=\(delivery.id.rawValue)", "AUSPEX_ATTEMPT=\(delivery.attempt)",
        ]
        return ProgramRun.Plan(
            arguments: arguments,
            environment: inherited + settings.environment.map { "\($0.name)=\($0.value.reveal())" } + own,
            directory: settings.directory,
            input: JSON.serializedBytes(CallbackBody.event(delivery.notification)) + [UInt8(ascii: "\n")],
            timeout: settings.timeout, grace: SinkLimits.programGrace, outputLimit: SinkLimits.responseBodyBytes)
    }

    private func quoted(_ text: String) -> String { Array(text.utf8).shellQuoted }
}

extension SinkKind {
    static let exec = SinkKind(
        name: "exec",
        summary: "runs a program with the notification as JSON on its standard input",
        settings: [
            SettingDeclaration(
                "command", .textList, isRequired: true,
                "the program's whole path, then its arguments; no shell; ${alert.resource_id} and other ids are filled in"
            ),
            SettingDeclaration("env", .textMap, "further environment variables; those from env or file are secrets"),
            SettingDeclaration("directory", .path, "the folder the program starts in"),
            SettingDeclaration(
                "allow_text", .boolean, "allow ${notification.title}, ${self.prompt}, … in arguments: strangers' words"),
        ],
        make: { (configuration, services) throws(SinkConfigurationError) in
            let settings = try ExecSettings(configuration)
            let own = Set(settings.environment.map(\.name))
            var environment = services.environment
            environment["PATH"] = environment["PATH"] ?? ExecSettings.defaultPath
            let inherited = ExecSettings.passedVariables.filter { !own.contains($0) }.compactMap { name in
                environment[name].map { "\(name)=\($0)" }
            }
            return ExecSink(
                name: configuration.name, settings: settings, inherited: inherited, mask: SecretMask(settings.secrets))
        })
}
