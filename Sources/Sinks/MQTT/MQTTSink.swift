import CEL
import Core
import Transport

/// Publishes each notification to a topic, as the callback's JSON, and waits for the broker's acknowledgement.
struct MQTTSink: Sink {
    let name: String
    let kind = "mqtt"
    let broker: any MQTTTransport
    let settings: MQTTSettings
    let mask: SecretMask

    /// The line for `mosquitto_pub`, which reads the message from its standard input.
    func preview(_ delivery: OutgoingDelivery, at now: Timestamp) -> String {
        do throws(EvaluationError) {
            let publication = try publication(delivery)
            let words = words(publication).map { Array(mask.masked($0).utf8).shellQuoted }
            let payload = mask.masked(String(decoding: publication.payload, as: UTF8.self))
            return "printf %s \(Array(payload.utf8).shellQuoted) | " + words.joined(separator: " ")
        } catch {
            return mask.masked("cannot be published: \(error.message)")
        }
    }

    func attempt(_ delivery: OutgoingDelivery, at now: Timestamp) async -> AttemptResult {
        let publication: MQTTPublication
        do throws(EvaluationError) {
            publication = try self.publication(delivery)
        } catch {
            return AttemptResult(.refused(reason: mask.masked("the topic cannot be made: \(error.message)")))
        }
        do throws(TransportError) {
            let reply = try await broker.publish(publication)
            return AttemptResult(.delivered, answer: Answer.excerpt(mask.masked("\(reply.code) \(reply.text)")))
        } catch {
            return AttemptResult(
                MQTTOutcome.of(error, mask: mask), answer: Answer.excerpt(mask.masked(error.description)))
        }
    }

    private func publication(_ delivery: OutgoingDelivery) throws(EvaluationError) -> MQTTPublication {
        MQTTPublication(
            server: settings.server, version: settings.version, topic: try settings.topic.text(delivery),
            payload: JSON.serializedBytes(CallbackBody.event(settings.redaction.apply(to: delivery.notification))),
            quality: settings.quality, isRetained: settings.isRetained, deliveryID: delivery.id.rawValue,
            username: settings.username, password: settings.password?.reveal(), trust: settings.connection.trust,
            timeouts: settings.connection.timeouts, destination: settings.connection.destination)
    }

    private func words(_ publication: MQTTPublication) -> [String] {
        guard let broker = try? URLParts.broker(publication.server) else { return [] }
        var words = ["mosquitto_pub", "-h", broker.host, "-p", "\(broker.port)"]
        words += ["-V", publication.version == .five ? "mqttv5" : "mqttv311", "-q", "\(publication.quality)"]
        words += ["-t", publication.topic, "-s"]
        if publication.isRetained { words.append("-r") }
        if publication.version == .five {
            words += ["-D", "publish", "payload-format-indicator", "1"]
            words += ["-D", "publish", "content-type", "application/json"]
            words += ["-D", "publish", "user-property", "delivery-id", publication.deliveryID]
        }
        if let username = publication.username { words += ["-u", username, "-P", "***"] }
        guard broker.scheme == "mqtts" else { return words }
        if let file = publication.trust.caFile {
            words += ["--cafile", file]
        } else {
            words.append("--tls-use-os-certs")
        }
        if let file = publication.trust.clientCertificateFile {
            words += ["--cert", file, "--key", publication.trust.clientKeyFile ?? file]
        }
        return words
    }
}

extension SinkKind {
    static let mqtt = SinkKind(
        name: "mqtt",
        summary: "publishes the notification as JSON to a topic of an MQTT broker",
        settings: [
            SettingDeclaration("server", .text, isRequired: true, "mqtts://HOST:8883, or mqtt://HOST:1883"),
            SettingDeclaration(
                "topic", .text, isRequired: true, "such as aurous/${alert.source}/${alert.kind}; ids only"),
            SettingDeclaration("qos", .integer, "1 (at least once; the default) or 2 (exactly once)"),
            SettingDeclaration("retain", .boolean, "whether the broker keeps the last message for later subscribers"),
            SettingDeclaration(
                "version", .text, allowedValues: MQTTSettings.versions,
                "of the protocol: \"5\" (the default) or \"3.1.1\""),
            SettingDeclaration("username", .text, "the login, with password"),
            SettingDeclaration("password", .text, isSecret: true, "the login's password"),
        ] + ConnectionSettings.trustDeclarations,
        make: { (configuration, services) throws(SinkConfigurationError) in
            let settings = try MQTTSettings(configuration)
            var secrets = settings.connection.secrets
            if let password = settings.password?.reveal() { secrets.append(password) }
            return MQTTSink(
                name: configuration.name, broker: services.mqtt, settings: settings, mask: SecretMask(secrets))
        })
}
