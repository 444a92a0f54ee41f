import AdminServer
import Core
import HTTPTypes
import HummingbirdTesting
import Testing

@Suite struct `The page` {
    private func page(_ overview: Overview, readiness: Readiness = Readiness(), target: String = "/") async throws
        -> String
    {
        try await AdminServer.sample(ScriptedState(overview: overview, readiness: readiness)).ask(target).text
    }

    private func text(_ page: String) throws -> String { try HTMLDocument(parsing: page).text }

    @Test func `says in its first words that all is well`() async throws {
        let source = Overview.Source(name: "studio", kind: .generation, lastSuccessAt: ManualClock.start)
        let page = try await page(Overview(sources: [source]))
        #expect(page.contains("<h2>All is well</h2>"))
        #expect(page.contains("<title>Auspex</title>"))
        #expect(page.contains("No rule is true for anything right now."))
    }

    @Test func `says what is wrong first, the worst on top`() async throws {
        let page = try await page(
            .busy(outside: "boom"), readiness: Readiness(reasons: ["source lab has not been polled yet"]))
        let text = try text(page)
        let wrong = [
            "6 things need attention", "The last 4 polls of studio’s characters failed",
            "2 deliveries to jobs failed for good",
            "auspex replay --dead --sink jobs", "1 critical alert is firing", "Deliveries to team do not get through",
            "Not ready", "source lab has not been polled yet", "Open alerts", "Sources", "Sinks", "Recent deliveries",
        ]
        var rest = text[...]
        for part in wrong {
            let range = try #require(rest.firstRange(of: part), "'\(part)' is missing, or too early")
            rest = rest[range.upperBound...]
        }
        #expect(page.contains("<title>(6) Auspex</title>"))
    }

    @Test func `says that a sink is paused or keeps failing, and why`() async throws {
        var (paused, failing) = (LaneStatus(), LaneStatus())
        paused.circuit = .open
        paused.pausedReason = "HTTP 401: <b>bad key</b>"
        failing.circuit = .open
        failing.lastReason = "HTTP 503"
        let text = try text(
            await page(
                Overview(sinks: [
                    Overview.Sink(name: "jobs", kind: "webhook", dead: 1, lane: paused),
                    Overview.Sink(name: "team", kind: "slack", lane: failing),
                ])))
        for part in [
            "jobs is paused: it is set up wrongly", "HTTP 401: <b>bad key</b>", "auspex replay --dead --sink jobs",
            "team keeps failing; its deliveries wait", "HTTP 503", "paused", "failing",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }

    @Test func `shows every source, alert, sink and delivery with its state and age`() async throws {
        let text = try text(await page(.busy(outside: "boom")))
        for part in [
            "20\u{202F}145", "12", "not seen yet", "never", "15 min ago", "refused-by-policy", "stuck-in-review",
            "3 min ago", "2 h ago",
            "slack", "1204", "retrying", "next in 4 min", "delivered", "dead", "60 s ago", "1 firing, 1 pending",
            "Auspex 1.2.3",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }

    @Test(arguments: HostileText.all)
    func `keeps its shape whatever strangers wrote`(hostile: HostileText) async throws {
        let harmless = try HTMLDocument(parsing: await page(.busy(outside: "a cat")))
        let document = try HTMLDocument(parsing: await page(.busy(outside: hostile.text)))
        #expect(document.shape == harmless.shape)
        #expect(document.texts.filter { $0 == hostile.shown }.count == harmless.texts.filter { $0 == "a cat" }.count)
        #expect(!document.text.unicodeScalars.contains { HostileText.forbidden.contains($0) })
    }

    @Test func `cuts long texts and counts rows`() async throws {
        var overview = Overview.busy(outside: String(repeating: "🐈", count: 10_000))
        overview.alerts = Array(repeating: overview.alerts[0], count: 500)
        overview.firing = 500
        let page = try await page(overview)
        #expect(page.utf8.count < 300_000)
        #expect(try text(page).contains("500 firing, 1 pending; the newest 50 are shown"))
    }

    @Test func `loads nothing, runs nothing, and allows only its own style`() async throws {
        let answer = try await AdminServer.sample(ScriptedState(overview: .busy(outside: "x"))).ask("/")
        let document = try HTMLDocument(parsing: answer.text)
        let policy = try #require(answer.field("Content-Security-Policy"))
        #expect(
            !document.shape.contains {
                $0.hasPrefix("<script") || $0.hasPrefix("<img") || $0.contains(" on") || $0.contains(" style=")
            })
        #expect(
            document.shape.filter { $0.contains("href=") && !$0.contains("href=\"/") && !$0.contains("href=\"#") }
                .allSatisfy { $0.contains("href=\"data:image/svg+xml,") })
        #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
        #expect(!policy.contains("unsafe"))
    }

    @Test func `refreshes itself unless asked not to`() async throws {
        #expect(try await page(Overview()).contains("<meta http-equiv=\"refresh\" content=\"10\">"))
        let paused = try await page(Overview(), target: "/?refresh=off")
        #expect(!paused.contains("http-equiv"))
        #expect(paused.contains("Paused"))
    }

    @Test func `offers signing out only to who signed in`() async throws {
        let headers: HTTPFields = [.authorization: "Bearer \(token)"]
        #expect(try await AdminServer.sample(token: token).ask("/", headers: headers).text.contains("Sign out"))
        #expect(try await !page(Overview()).contains("Sign out"))
    }

    @Test func `tells a screen reader what each row and cell is`() async throws {
        let shape = try HTMLDocument(parsing: await page(.busy(outside: "x"))).shape
        #expect(shape.contains("<html lang=\"en\">"))
        #expect(
            shape.filter { $0.hasPrefix("<table") }.allSatisfy {
                $0.contains("aria-label=") && $0.contains("role=\"table\"")
            })
        #expect(shape.filter { $0.hasPrefix("<td") }.allSatisfy { $0.contains("role=\"cell\"") })
        #expect(shape.count { $0.hasPrefix("<h1") } == 1)
    }
}
