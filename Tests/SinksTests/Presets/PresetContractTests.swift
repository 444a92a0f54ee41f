import CEL
import ConfigurationFiles
import Core
import Foundation
import Sinks
import Testing
import Transport

/// What holds for every preset.
@Suite struct `Every preset` {
    @Test func `is in the registry, and has a sample that tries it`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/Sinks/Presets").standardizedFileURL
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))
            .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
        #expect(PresetLibrary.names == files)
        #expect(PresetSample.all.map(\.kind) == files)
    }

    @Test(arguments: PresetLibrary.names) func `is sound, and says what it is`(_ name: String) throws {
        #expect(PresetLibrary.diagnostics(named: name).map(\.rendered) == [])
        let kind = try #require(SinkCatalog.kind(named: name))
        #expect(kind.name == name && !kind.summary.isEmpty)
        #expect(PresetLibrary.text(named: name)?.contains("documentation: https://") == true)
        let names = (kind.settings + SinkCatalog.commonSettings).map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test(arguments: PresetSample.all) func `delivers, and knows what its service answers`(_ sample: PresetSample)
        async throws
    {
        #expect(
            await (try sample.sink(sample.taking())).attempt(Sample.delivery(), at: Sample.now).outcome == .delivered)
        for answer in sample.answers {
            let http = ScriptedHTTP(answer.status, answer.body, answer.fields)
            let outcome = await (try sample.sink(http)).attempt(Sample.delivery(), at: Sample.now).outcome
            #expect(outcome.name == answer.outcome, "\(answer.status) \(answer.body)")
            switch outcome {
            case .throttled(let after, _): #expect(after == answer.after, "\(answer.body)")
            case .failed(_, let after): #expect(after == answer.after, "\(answer.body)")
            default: break
            }
        }
    }

    @Test(arguments: PresetSample.all) func `shows no secret, whatever its service echoes`(_ sample: PresetSample)
        async throws
    {
        let echo = sample.secrets.flatMap { [$0, Data($0.utf8).base64EncodedString()] }.joined(separator: " ")
        let sink = try sample.sink(ScriptedHTTP(500, echo))
        let result = await sink.attempt(Sample.delivery(), at: Sample.now)
        let shown = [result.answer, result.outcome.reason ?? "", sink.preview(Sample.delivery(), at: Sample.now)]
        for secret in sample.secrets {
            for text in shown {
                #expect(!text.contains(secret) && !text.contains(Data(secret.utf8).base64EncodedString()))
            }
        }
        #expect(shown[2].hasPrefix("curl "))
    }

    @Test(arguments: PresetSample.all) func `keeps its shape and its address with every hostile text`(
        _ sample: PresetSample
    ) async throws {
        let first = try #require(try await sample.requests([Sample.notification()]).first)
        // Two texts of a megabyte for each of some thirty presets would take a minute; one preset has them all.
        for hostile in HostileText.all where hostile.text.utf8.count < 12_000 || sample.kind == "discord" {
            let alert = Sample.alert(current: Sample.generation(prompt: hostile.text))
            let notification = Sample.notification(
                title: [.literal(hostile.text)], text: [.literal(hostile.text + ".")], alerts: [alert])
            let request = try #require(try await sample.requests([notification]).first)
            #expect(request.url == first.url && request.method == first.method)
            #expect(Set(request.headerFields.map(\.name)) == Set(first.headerFields.map(\.name)))
            // A body that is too large is shrunk, and loses parts.
            if hostile.text.utf8.count < 50_000 {
                #expect(request.json.shape == first.json.shape, "\(hostile.name)")
            }
            #expect(Set(request.form.keys) == Set(first.form.keys), "\(hostile.name)")
            for text in request.texts where !sample.sendsCallback {
                #expect(sample.inert(text) == [], "\(hostile.name): \(text.prefix(200))")
                #expect(
                    !text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" || $0 == "\u{202e}" })
            }
        }
    }

    @Test(arguments: PresetSample.all) func `leaves redacted fields out`(_ sample: PresetSample) async throws {
        let http = sample.taking()
        let sink = try sample.sink(http, adding: ["redact": .stringList(["self.prompt"])])
        let alert = Sample.alert(current: Sample.generation(prompt: "a very private thought"))
        let notification = Sample.notification(text: [.literal("a very private thought")], alerts: [alert])
        _ = await sink.attempt(Sample.delivery(notification), at: Sample.now)
        #expect(http.requests.first?.bodyText.contains("private") == false)
    }

    @Test(arguments: PresetSample.all) func `says that an alert resolved, and that one is still firing`(
        _ sample: PresetSample
    ) async throws {
        let requests = try await sample.requests([
            Sample.notification(), Sample.notification(reason: .reminder), Sample.notification(reason: .resolved),
        ])
        #expect(requests.count == 3)
    }

    @Test(.enabled(if: Programs.hasCurl, "curl is not installed"), arguments: PresetSample.all)
    func `previews a curl line that sends the same bytes`(_ sample: PresetSample) async throws {
        let receiver = LoopbackReceiver()
        defer { receiver.stop() }
        let transport = CurlTransport(options: CurlTransport.Options())
        defer { transport.shutdown() }
        let kind = try #require(SinkCatalog.kind(named: sample.kind))
        let values = sample.onLoopback("http://127.0.0.1:\(receiver.port)")
        let sink = try kind.make(configuration(values), services(http: transport))
        // Each line starts a program, so one preset sends all texts and the others some.
        let texts = HostileText.all.enumerated().filter { position, text in
            sample.kind == "discord" ? text.text.utf8.count < 200_000 : position % 8 == 0 && text.text.utf8.count < 2000
        }.map(\.element)
        var script = ""
        for text in texts {
            let delivery = Sample.delivery(saying: text.text)
            _ = await sink.attempt(delivery, at: Sample.now)
            script += sink.preview(delivery, at: Sample.now) + " || exit 1\n"
        }
        try Programs.run(["sh"], input: Array(script.utf8))
        let requests = receiver.requests
        #expect(requests.count == 2 * texts.count)
        for (attempt, preview) in zip(requests, requests.dropFirst(texts.count)) {
            #expect(preview.body == attempt.body)
            #expect(lines(preview) == lines(attempt))
        }
    }

    /// The lines of the head, without those that say when the request was made.
    private func lines(_ request: LoopbackReceiver.Request) -> Set<String> {
        Set(
            request.head.split(separator: "\r\n").map(String.init).filter { line in
                !["x-amz-date:", "authorization: aws4"].contains { line.lowercased().hasPrefix($0) }
            })
    }
}
