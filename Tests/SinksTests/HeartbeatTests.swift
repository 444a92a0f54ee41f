import Core
import Sinks
import Testing
import Transport

@Suite struct `A heartbeat sink` {
    private func heartbeat(
        _ values: [String: SettingValue] = [:], http: ScriptedHTTP = ScriptedHTTP()
    ) throws -> HeartbeatSink {
        let all = values.merging(["url": .secret(Secret("https://hc-ping.com/s3cret-uuid-1?rid=1"))]) { own, _ in own }
        return try #require(try sink("heartbeat", all, http: http) as? HeartbeatSink)
    }

    @Test func `pings its address`() async throws {
        let http = ScriptedHTTP()
        let sink = try heartbeat(http: http)
        #expect(sink.interval == .seconds(60))
        #expect(await sink.beat(isHealthy: true, at: Sample.now)?.outcome == .delivered)
        let request = try #require(http.requests.first)
        #expect(request.method == "GET" && request.url == "https://hc-ping.com/s3cret-uuid-1?rid=1")
        #expect(request.body == nil && request.field("User-Agent") == "auspex/1.2.3")
    }

    @Test func `says nothing when all is not well, or says just that`() async throws {
        let http = ScriptedHTTP()
        #expect(try await heartbeat(http: http).beat(isHealthy: false, at: Sample.now) == nil)
        #expect(http.requests.isEmpty)
        let sink = try heartbeat(["on_failure": .string("fail"), "method": .string("POST")], http: http)
        _ = await sink.beat(isHealthy: false, at: Sample.now)
        #expect(http.requests.first?.url == "https://hc-ping.com/s3cret-uuid-1/fail?rid=1")
        #expect(http.requests.first?.method == "POST")
    }

    @Test func `shows its address nowhere`() async throws {
        let sink = try heartbeat(http: ScriptedHTTP(404, "no check s3cret-uuid-1"))
        let result = try #require(await sink.beat(isHealthy: true, at: Sample.now))
        #expect(result.outcome.name == "refused")
        #expect(![result.answer, result.outcome.reason ?? ""].contains { $0.contains("s3cret") })
        #expect(sink.preview(Sample.delivery(), at: Sample.now).contains("https://hc-ping.com/***"))
    }

    @Test func `is told what is wrong with it`() throws {
        #expect(
            try problems("heartbeat", ["url": .string("http://x.example/"), "interval": .duration(.milliseconds(5))])
                .map { $0.prefix { $0 != ":" } } == ["url", "interval"])
    }
}
