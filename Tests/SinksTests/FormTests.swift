import CEL
import ConfigurationFiles
import Core
import Sinks
import Testing
import Transport

/// A form in a test: `text` is a preset without its name and summary.
private func formKind(_ text: String) -> (kind: SinkKind?, problems: [String]) {
    let file = FileText(name: "x.yaml", text: "name: x\nsummary: a service\n" + text)
    let (kind, diagnostics) = PresetLibrary.kind(of: file)
    return (kind, diagnostics.map(\.rendered))
}

/// What a form sends, and what becomes of it.
private func send(
    _ text: String, _ delivery: OutgoingDelivery = Sample.delivery(), values: [String: SettingValue] = [:],
    http: ScriptedHTTP = ScriptedHTTP()
) async throws -> (request: HTTPRequest?, result: AttemptResult) {
    let (kind, problems) = formKind(text)
    let sink = try #require(kind, "\(problems.joined(separator: "\n"))").make(
        configuration(values), services(http: http))
    let result = await sink.attempt(delivery, at: Sample.now)
    return (http.requests.last, result)
}

@Suite struct `A form` {
    private func json(
        _ leaf: String, grammar: String = "plain", texts: String = "{}",
        _ delivery: OutgoingDelivery = Sample.delivery()
    ) async throws -> CELValue? {
        let form = """
            grammar: \(grammar)
            texts: \(texts)
            request: { url: https://x.example/, json: { a: \(leaf) } }
            """
        return try await send(form, delivery).request?.json.at("a")
    }

    @Test func `keeps the type of a lone expression, and writes text around others`() async throws {
        #expect(try await json("'${1 + 1}'") == .int(2))
        #expect(try await json("'${1 + 1} of ${severity}'") == "2 of warning")
        #expect(try await json("'${[1, 2]}'") == .list([.int(1), .int(2)]))
        #expect(try await json("'${labels}'") == .map(CELMap([("team", "trust-and-safety")])))
        #expect(try await json("'${timestamp}'") == "2026-05-04T10:00:15.120Z")
        #expect(try await json("1.5") == .double(1.5))
        #expect(try await json("'1.5'") == "1.5")
        #expect(try await json("null") == .null)
        #expect(try await json("'${alerts.map(a, a.resource_id)}'") == .list(["img_01k"]))
    }

    @Test func `hides what expressions make of a secret, and shows the words beside it`() async throws {
        let secret = "k-Pl4in-Secret/9"
        let form = """
            settings:
              token: { secret: true, summary: t }
            request:
              url: https://x.example/
              headers:
                A: '${base64.encode(bytes("user:" + settings.token))}'
                B: '${"Key " + settings.token.upperAscii()}'
                C: '${settings.token.substring(2, 10)}'
                D: '${settings.token.startsWith("k-") ? "production" : "test"}'
              json: { e: '${settings.token.split("/")}', f: '${settings.token.reverse()}' }
            """
        let made = [
            "dXNlcjprLVBsNGluLVNlY3JldC85", "K-PL4IN-SECRET/9", "Pl4in-Se", "k-Pl4in-Secret", "9/terceS-ni4lP-k",
            secret,
        ]
        let (kind, problems) = formKind(form)
        let http = ScriptedHTTP(500, made.joined(separator: " "))
        let sink = try #require(kind, "\(problems)").make(
            configuration(["token": .secret(Secret(secret))]), services(http: http))
        let result = await sink.attempt(Sample.delivery(), at: Sample.now)
        #expect(http.requests.last?.headerFields.contains(HeaderField("B", "Key " + made[1])) == true)
        let preview = sink.preview(Sample.delivery(), at: Sample.now)
        for text in made {
            for shown in [preview, result.answer, result.outcome.reason ?? ""] {
                #expect(!shown.contains(text), "\(shown)")
            }
        }
        #expect(preview.contains("B: Key ***") && preview.contains("D: production"), "\(preview)")
    }

    @Test func `leaves out what has no value`() async throws {
        #expect(try await json("'${optional.none()}'") == nil)
        #expect(try await json("'${optional.ofNonZeroValue(\"\")}'") == nil)
        #expect(try await json("'${old.nothing}'") != nil)
        #expect(try await json("['${optional.none()}', 1]") == .list([.int(1)]))
        #expect(try await json("{ b: '${optional.none()}' }") == .map(.empty))
    }

    @Test func `says so where a text cannot be rendered, and leaves out what would be no text`() async throws {
        let text = try #require(try await json("'${self.nothing} and more'"))
        #expect(text.texts.first?.contains("could not be rendered: no such key: \"nothing\"") == true)
        #expect(try await json("'${1 / (size(labels) - 1)}'") == nil)
        let named = try await json("'${t}'", texts: "{ t: { text: 'a ${self.nothing}' } }")
        #expect(named?.texts.first?.contains("could not be rendered") == true)
    }

    @Test func `escapes what comes from outside and nothing else`() async throws {
        let delivery = Sample.delivery(
            Sample.notification(
                title: [.markup("*a* "), .literal("*b*")], text: [],
                alerts: [Sample.alert(current: Sample.generation(prompt: "*c*"))]))
        #expect(try await json("'*x* ${title}'", grammar: "markdown", delivery) == #"*x* *a* \*b\*"#)
        #expect(try await json("'${self.prompt}'", grammar: "markdown", delivery) == #"\*c\*"#)
        #expect(try await json("'${\"*y*\"}'", grammar: "markdown", delivery) == "*y*")
        #expect(try await json("'${resolved ? self.prompt : \"*z*\"}'", grammar: "markdown", delivery) == "*z*")
        #expect(try await json("'${resolved ? \"z\" : self.prompt}'", grammar: "markdown", delivery) == #"\*c\*"#)
        #expect(try await json("'${\"_\" + self.prompt}'", grammar: "markdown", delivery) == #"\_\*c\*"#)
        #expect(
            try await json("'${{\"k\": self.prompt}}'", grammar: "markdown", delivery)
                == .map(CELMap([("k", #"\*c\*"#)])))
        #expect(try await json("'${self.prompt}'", grammar: "data", delivery) == "*c*")
        #expect(
            try await json(
                "'${m}'", grammar: "markdown", texts: "{ m: { text: '${self.prompt}', grammar: data } }", delivery)
                == "*c*")
        #expect(
            try await json(
                "'${optional.ofNonZeroValue(m)}'", grammar: "markdown", texts: "{ m: { text: '_${title}_' } }", delivery
            )
                == #"_*a* \*b\*_"#)
    }

    @Test func `breaks what programs make links of, and leaves alone what only looks like it`() async throws {
        func shown(_ text: String) async throws -> String? {
            let alert = Sample.alert(current: Sample.generation(prompt: text))
            let value = try await json("'${self.prompt}'", Sample.delivery(Sample.notification(alerts: [alert])))
            return value?.texts.first?.replacing("\u{200b}", with: "|").replacing("\u{2063}", with: "^")
        }
        #expect(
            try await shown("data:text/html, Tel:+15551234567 mailto:x")
                == "data:|text/html, Tel:|+^15551234567 mailto:|x")
        #expect(try await shown("call 555-123-4567 now") == "call 555-^123-^4567 now")
        #expect(try await shown("#general ~town evil。example a.b@c.de") == "#|general ~|town evil。|example a.b@|c.|de")
        for text in [
            "10:30:45 on 2026-05-04T10:00:00Z, 2026-05-04 10:00:00", "since: 2026-05-04",
            "Error:no and at: 3.5 of 15.120Z", "1234567890123",
            "img_01k 1920x1080 #1 ~5 1-2 9/10", "a+b c - d",
        ] { #expect(try await shown(text) == text) }
    }

    @Test func `cuts each text in its own unit`() async throws {
        let long = Sample.delivery(saying: String(repeating: "👩‍👩‍👧‍👦", count: 50))
        let cut = try await json("'${t}'", texts: "{ t: { text: '${title}', limit: 30 } }", long)
        #expect(cut == "👩‍👩‍👧‍👦👩‍👩‍👧‍👦…")
        let form =
            "count: graphemes\ntexts: { t: { text: '${title}', limit: 3 } }\n"
            + "request: { url: https://x.example/, text: '${t}' }"
        let body = try await send(form, long).request?.bodyText
        #expect(body == "👩‍👩‍👧‍👦👩‍👩‍👧‍👦…")
    }

    @Test func `makes a body fit: old goes first, then texts are cut, and it goes out`() async throws {
        let long = String(repeating: "x", count: 50_000)
        let delivery = Sample.delivery(
            Sample.notification(
                text: [.literal(long)], alerts: [Sample.alert(previous: Sample.generation(prompt: long))]))
        func form(_ limit: String) -> String {
            "grammar: data\nlimits: { body: \(limit) }\n"
                + "request: { url: https://x.example/, json: { t: '${text}', old: '${old}', self: '${self}' } }"
        }
        let whole = try #require(try await send(form("200KB"), delivery).request)
        #expect(whole.json.at("old.prompt") != nil && whole.json.text("t")?.count == 50_000)
        let first = try #require(try await send(form("60KB"), delivery).request)
        #expect(first.json.at("old") == nil && first.json.text("t")?.count == 50_000)
        let second = try #require(try await send(form("4KB"), delivery).request)
        #expect((second.body?.count ?? 0) <= 4000 && second.json.text("self.id") == "img_01k")
        #expect(try await send(form("10"), delivery).result.outcome.name == "refused")
    }

    @Test func `has a part of its tree only while a condition holds`() async throws {
        let parts = "[{ $when: \"'text' != ''\", a: '${severity}' }, { $when: resolved, b: 1 }, 2]"
        #expect(try await json(parts)?.shape == .list([.map(CELMap([("a", "text")])), .int(0)]))
        #expect(try await json("{ b: { $when: 'self.nothing == 1', c: 1 }, d: 2 }") == .map(CELMap([("d", .int(2))])))
        let kind = formKind("request: { url: https://x.example/, json: { $when: resolved, a: 1 } }")
        #expect(kind.problems.first?.contains("the whole body cannot depend on a condition") == true)
    }

    @Test func `has an item of a list for each alert`() async throws {
        let items =
            "[{ $each: alert, $when: \"alert.state != 'x'\", a: '${alert.id}', k: '${key}', n: '${alerts.size()}' }, 2]"
        let one = try #require(try await json(items))
        #expect(one.shape == .list([.map(CELMap([("a", "text"), ("k", "text"), ("n", .int(0))])), .int(0)]))
        var second = Sample.alert()
        second.id = AlertID(rule: "refused-by-policy", resource: Sample.resource, activation: 2)
        let digest = Sample.delivery(Sample.notification(alerts: [Sample.alert(), second]))
        let two = try #require(try await json(items, digest))
        #expect(two.at("0.n") == .int(1) && two.text("1.a") == second.id.rawValue && two.text("1.k") == two.text("1.a"))
        #expect(two.text("0.a") == one.text("0.a") && two.at("2") == .int(2))
        let kind = formKind("request: { url: https://x.example/, json: { a: { $each: alert, b: 1 } } }")
        #expect(kind.problems.first?.contains("only the items of a list") == true)
    }

    @Test func `says where it comes from, and what it is about if that is several`() async throws {
        let one = "warning · refused-by-policy · studio · generation img_01k · team=trust-and-safety"
        #expect(try await json("'${origin}'", grammar: "data") == .string(one))
        #expect(try await json("'${listing}${title_has_markup}'") == "false")
        let digest = Sample.delivery(
            Sample.notification(title: [.literal("*a*")], alerts: Array(repeating: Sample.alert(), count: 12)))
        #expect(try await json("'${origin}'", grammar: "data", digest)?.texts.first?.contains("12 alerts") == true)
        #expect(try await json("'${title_has_markup}'", digest) == .bool(false))
        let listing = try #require(try await json("'${listing}'", grammar: "data", digest)?.texts.first)
        #expect(listing.split(separator: "\n").count == 11 && listing.hasSuffix("\n… and 2 more"))
    }

    @Test func `sends forms, texts, callbacks and events`() async throws {
        let hostile = Sample.delivery(saying: "a&b=c\r\n+%é")
        let form = try await send(
            "grammar: data\nrequest: { url: https://x.example/, form: { 'a[b]': '${title}', n: '${1}', z: '${optional.none()}' } }",
            hostile
        ).request
        #expect(form?.bodyText == "a%5Bb%5D=a%26b%3Dc%0A%2B%25%C3%A9&n=1")
        #expect(form?.field("Content-Type") == "application/x-www-form-urlencoded")
        let callback = try await send("request: { url: https://x.example/, body: callback }").request
        #expect(callback?.json.text("data.alerts.0.self.prompt") == "a cat")
        let event = try await send("request: { url: https://x.example/, body: cloudevents-binary }").request
        #expect(event?.field("ce-id") == Sample.notification().id.rawValue)
        #expect(event?.field("ce-type") == "alert.fired" && event?.field("ce-specversion") == "1.0")
        #expect(event?.field("Content-Type") == "application/json")
        #expect(event?.json.text("title") == "Refused: a cat")
    }

    @Test func `lets nothing but text into header fields`() async throws {
        let alert = Sample.alert(current: Sample.generation(prompt: "a\r\nX-Evil: 1 \"é\" 100%"))
        let request = try await send(
            "request: { url: https://x.example/, headers: { X-Prompt: 'p ${self.prompt}', X-None: '${optional.none()}' } }",
            Sample.delivery(Sample.notification(alerts: [alert]))
        ).request
        #expect(request?.field("X-Prompt") == "p a X-Evil: 1 %22%C3%A9%22 100%25")
        #expect(request?.field("X-None") == nil)
    }

    @Test func `lets only the author and the operator choose where a request goes`() async throws {
        let alert = Sample.alert(current: Sample.generation(prompt: "../x?y#z@evil.example/é"))
        let delivery = Sample.delivery(Sample.notification(alerts: [alert]))
        let request = try await send(
            "request: { url: 'https://x.example/a/${self.prompt}/b', query: { q: '${self.prompt}', n: '${optional.none()}' } }",
            delivery
        ).request
        #expect(
            request?.url == "https://x.example/a/..%2Fx%3Fy%23z%40evil.example%2F%C3%A9/b"
                + "?q=..%2Fx%3Fy%23z%40evil.example%2F%C3%A9")
        for text in [".", ".."] {
            let dots = Sample.alert(current: Sample.generation(prompt: text))
            let outcome = try await send(
                "request: { url: 'https://x.example/a/${self.prompt}/b' }",
                Sample.delivery(Sample.notification(alerts: [dots]))
            ).result.outcome
            #expect(outcome == .refused(reason: "a value for the address is nothing but dots"))
        }
        for url in ["https://${self.prompt}/", "${self.prompt}", "https://x.example${self.prompt}", "${kept.a}/x"] {
            let problems = formKind("request: { url: '\(url)' }\nkeep: { a: '${body.a}' }").problems
            #expect(problems.first?.contains("only the author and the settings choose") == true, "\(url)")
        }
    }

    @Test func `refuses what has no address`() async throws {
        let outcome = try await send("request: { url: 'https://x.example/${self.nothing}' }").result.outcome
        #expect(outcome == .refused(reason: "the address cannot be made: no such key: \"nothing\""))
        let basic = "settings: { server: { required: true, summary: s } }\nrequest: { url: '${settings.server}/x' }"
        let kind = try #require(formKind(basic).kind)
        do throws(SinkConfigurationError) {
            _ = try kind.make(configuration(["server": .string("http://x.example")]), services())
            Issue.record("an unencrypted address was taken")
        } catch {
            #expect(error.problems.first?.key == "server")
        }
    }

    @Test func `puts a setting into a path, in front of the query of an address`() async throws {
        let form = """
            settings: { server: { required: true, summary: s }, room: { required: true, summary: r } }
            request: { url: "${settings.server}/rooms/${settings.room}/send", query: { a: b }, basic: { username: u, password: "${settings.room}" } }
            """
        let values: [String: SettingValue] = [
            "server": .string("https://x.example/base/?k=v"), "room": .secret(Secret("!a/b:c")),
        ]
        let request = try await send(form, values: values).request
        #expect(request?.url == "https://x.example/base/rooms/!a%2Fb:c/send?k=v&a=b")
        #expect(request?.field("Authorization") == "Basic dTohYS9iOmM=")
    }
}

@Suite struct `What a form sends instead` {
    private let form = """
        settings: { quiet: { type: boolean, default: false, summary: s } }
        request: { url: https://x.example/, json: { a: 1, b: { c: 2, d: 3 }, e: 4 } }
        keep: { id: "${body.id}" }
        resolved:
          - says: update
            when: "!settings.quiet"
            needs: [id]
            request: { method: PUT, merge: { b: { c: null, f: "${kept.id}" }, e: null, g: { h: 5, i: null } } }
          - { says: close, when: "!settings.quiet", request: { merge: { closed: true } } }
        """

    private func sent(_ earlier: [String: String] = [:], quiet: Bool = false) async throws -> HTTPRequest {
        let resolve = Sample.delivery(Sample.notification(reason: .resolved), earlier: earlier)
        return try #require(try await send(form, resolve, values: ["quiet": .boolean(quiet)]).request)
    }

    @Test func `is the first that fits, with what it changes of the ordinary body`() async throws {
        let update = try await sent(["id": "7"])
        #expect(update.method == "PUT")
        #expect(update.bodyText == #"{"a":1,"b":{"d":3,"f":"7"},"g":{"h":5}}"#)
        #expect(try await sent().bodyText == #"{"a":1,"b":{"c":2,"d":3},"e":4,"closed":true}"#)
        #expect(try await sent(["id": "7"], quiet: true).bodyText == #"{"a":1,"b":{"c":2,"d":3},"e":4}"#)
    }

    @Test func `changes a form's fields too`() async throws {
        let form = """
            request: { url: https://x.example/, form: { a: "1", b: "2" } }
            resolved: { says: message, request: { merge: { b: null, c: "${severity}" } } }
            """
        let request = try await send(form, Sample.delivery(Sample.notification(reason: .resolved))).request
        #expect(request?.bodyText == "a=1&c=warning")
    }
}

@Suite struct `A form's settings` {
    private let form = """
        settings:
          url: { summary: u }
          token: { secret: true, summary: t }
        checks:
          - { refuse: settings.url == null && settings.token == null, setting: url, reason: "is required, or a token" }
          - { refuse: "settings.token.startsWith('x')", setting: token, reason: must not begin with x }
        request: { url: "${settings.token == null ? settings.url : 'https://api.example'}${settings.token == null ? '' : '/post'}" }
        """

    @Test func `can be refused together, with the reason`() throws {
        let kind = try #require(formKind(form).kind)
        for (values, expected) in [
            ([:], ["url: is required, or a token"]), (["url": .string("")], ["url: is required, or a token"]),
            (["token": .secret(Secret("xy"))], ["token: must not begin with x"]),
            (["url": .string("http://x.example/")], ["url: http:// to another machine"]),
            (["url": .string("https://x.example/")], []), (["token": .secret(Secret("y"))], []),
        ] as [([String: SettingValue], [String])] {
            var told: [String] = []
            do throws(SinkConfigurationError) {
                _ = try kind.make(configuration(values), services())
            } catch {
                told = error.problems.map { "\($0.key): \($0.message)" }
            }
            #expect(told.count == expected.count)
            for (told, expected) in zip(told, expected) { #expect(told.hasPrefix(expected)) }
        }
    }

    @Test func `choose the address, in which the author's words are not encoded`() async throws {
        #expect(try await send(form, values: ["token": .string("y")]).request?.url == "https://api.example/post")
        let own = try await send(form, values: ["url": .string("https://x.example/a?b=c")]).request
        #expect(own?.url == "https://x.example/a?b=c")
    }
}

@Suite struct `A form's answer` {
    private let form = """
        request: { url: https://x.example/, json: {} }
        keep: { id: "${body.id}", slow: "${headers['x-slow']}" }
        forget: { id: status == 410 }
        resolved: { says: update, needs: [id], request: { method: PUT, url: "https://x.example/${kept.id}" } }
        outcome:
          delivered: status == 200 && body.ok == true
          refused: { when: "status == 200 && body.error == 'bad'", reason: "it is ${body.error}" }
          throttled:
            - { when: status == 429, after: "${body.wait}" }
            - { when: "status == 503 && body.wait == null" }
          unknown: { when: text == 'fatal' }
          failed: status == 200
        """

    @Test(arguments: [
        (200, #"{"ok":true}"#, "delivered"), (200, #"{"ok":false,"error":"bad"}"#, "refused"),
        (200, "<html>", "failed"), (200, "fatal", "unknown"), (201, "", "delivered"), (404, "", "refused"),
        (500, "", "failed"),
    ])
    func `is judged by the first condition that holds, else by its status`(
        _ row: (status: Int, body: String, expected: String)
    ) async throws {
        let result = try await send(form, http: ScriptedHTTP(row.status, row.body)).result
        #expect(result.outcome.name == row.expected)
    }

    @Test(arguments: [
        ("2.5", Duration.milliseconds(2500)), ("\"40\"", .seconds(40)), ("\"1h\"", .seconds(3600)),
        ("\"2026-05-04T10:00:30Z\"", .seconds(10)), ("1e300", .seconds(86_400)), ("1", .seconds(2)),
    ])
    func `may say how long to wait, in many ways, and never less than Retry-After`(
        _ row: (wait: String, after: Duration)
    ) async throws {
        let http = ScriptedHTTP(429, "{\"wait\":\(row.wait)}", [HeaderField("Retry-After", "2")])
        guard case .throttled(let after, _) = try await send(form, http: http).result.outcome else {
            Issue.record("not throttled")
            return
        }
        #expect(after == row.after)
    }

    @Test(arguments: ["-1", "null", "\"soon\"", "[]", "0"])
    func `that says no time is tried again by the schedule`(_ wait: String) async throws {
        let outcome = try await send(form, http: ScriptedHTTP(429, "{\"wait\":\(wait)}")).result.outcome
        #expect(outcome.name == "failed")
    }

    @Test func `leaves behind what the next delivery needs`() async throws {
        let http = ScriptedHTTP(200, #"{"ok":true,"id":"m\n7"}"#, [HeaderField("X-Slow", "yes")])
        let first = try await send(form, http: http).result
        #expect(first.kept == ["id": "m 7", "slow": "yes"])
        let resolve = Sample.notification(reason: .resolved)
        let next = try await send(form, Sample.delivery(resolve, earlier: first.kept))
        #expect(next.request?.method == "PUT" && next.request?.url == "https://x.example/m%207")
        #expect(try await send(form, Sample.delivery(resolve)).request?.method == "POST")
        let lost = try await send(form, Sample.delivery(resolve, earlier: first.kept), http: ScriptedHTTP(410, "gone"))
        #expect(lost.result.outcome.name == "failed" && lost.result.kept["id"] == "")
    }

    @Test func `may say that every message would meet the same`() async throws {
        let form = """
            request: { url: https://x.example/ }
            outcome:
              refused:
                - { when: body.error == 'key', pause: true }
                - { when: status == 404, pause: false }
              delivered: status == 401
            """
        func pauses(_ status: Int, _ body: String = "") async throws -> Misconfiguration? {
            try await send(form, http: ScriptedHTTP(status, body)).result.misconfiguration
        }
        #expect(try await pauses(200, #"{"error":"key"}"#) == .certain)
        #expect(try await pauses(404) == nil)
        #expect(try await pauses(401) == nil)
        #expect(try await pauses(410) == .certain)
        #expect(try await pauses(403) == .likely)
    }

    @Test func `gives a reason without a stranger's controls`() async throws {
        let result = try await send(
            form.replacing("it is ${body.error}", with: "it is ${body.more}"),
            http: ScriptedHTTP(200, #"{"error":"bad","more":"a\u001b[31m\nb"}"#)
        ).result
        #expect(result.outcome == .refused(reason: "it is a[31m b"))
    }
}

@Suite struct `What is wrong in a form` {
    @Test(arguments: [
        ("request: { url: '${settings.ur}' }\nsettings: { url: { summary: s } }", "3:29", "did you mean 'url'?"),
        ("request: { ulr: x }", "3:12", "did you mean 'url'?"), ("request: { method: POST }", "3:10", "has no `url`"),
        ("request: { url: https://x.example/, json: { a: '${severty}' } }", "3:51", "did you mean 'severity'?"),
        ("request: { url: https://x.example/, json: { a: '${alert.knd}' } }", "3:57", "did you mean 'kind'?"),
        ("grammar: markdwon\nrequest: { url: https://x.example/ }", "3:10", "did you mean 'markdown'?"),
        ("request: { url: https://x.example/, json: {}, form: {} }", "3:10", "one body"),
        ("request: { url: https://x.example/, headers: { Host: x } }", "3:48", "set by Auspex"),
        ("request: { url: https://x.example/ }\noutcome: { delivered: status }", "4:23", "bool"),
        ("request: { url: https://x.example/ }\noutcome: { deliverd: 'true' }", "4:12", "did you mean 'delivered'?"),
        ("request: { url: https://x.example/ }\noutcome: { failed: { after: 1s } }", "4:20", "has no `when`"),
        ("request: { url: https://x.example/ }\nkeep: { id: '${boddy.id}' }", "4:16", "did you mean 'body'?"),
        ("request: { url: https://x.example/ }\nkeep: { id: x }\nforget: { di: 'true' }", "5:11", "did you mean 'id'?"),
        ("request: { url: https://x.example/ }\nresolved: { says: update, needs: [id] }", "4:35", "nothing is kept"),
        ("request: { url: https://x.example/ }\nresolved: { says: updat }", "4:19", "did you mean 'update'?"),
        ("request: { url: ftp://x.example/ }", "3:17", "no address"),
        (
            "texts: { a: { text: '${b}' }, b: { text: x } }\nrequest: { url: https://x.example/ }", "3:21",
            "further down"
        ),
        ("texts: { self: { text: x } }\nrequest: { url: https://x.example/ }", "3:10", "something else"),
        ("texts: { a: { limit: 3 } }\nrequest: { url: https://x.example/ }", "3:13", "has no `text`"),
        ("limits: { body: 28 }\nrequest: { url: https://x.example/, json: '${' }", "4:44", "is not closed"),
        ("limits: { body: big }\nrequest: { url: https://x.example/ }", "3:17", "such as 28KB"),
        ("settings: { timeout: { summary: s } }\nrequest: { url: https://x.example/ }", "3:13", "already"),
        ("settings: { a: { type: text } }\nrequest: { url: https://x.example/ }", "3:16", "has no `summary`"),
        (
            "request: { url: https://x.example/ }\nresolved: { says: close, request: { merge: { a: 1 } } }", "4:44",
            "no `json`"
        ),
        ("request: { url: https://x.example/, merge: {} }", "3:37", "unknown key 'merge'"),
        ("request: { url: https://x.example/ }\nchecks: [{ refuse: 'true', setting: a }]", "4:10", "a `setting` and"),
        (
            "request: { url: https://x.example/ }\nsettings: { a: { summary: s } }\n"
                + "checks: [{ refuse: 'true', setting: b, reason: c }]", "5:37", "must be a"
        ),
        ("request: { url: https://x.example/ }\nresolved: { says: close, when: 1 }", "4:32", "bool"),
        ("rate: 5\nrequest: { url: https://x.example/ }", "3:7", "such as 10/1m"),
    ])
    func `is told at its place`(_ row: (form: String, place: String, message: String)) {
        let (kind, problems) = formKind(row.form)
        #expect(kind == nil)
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.hasPrefix("x.yaml:\(row.place): error: ") == true, "\(problems)")
        #expect(problems.first?.contains(row.message) == true, "\(problems)")
    }
}
