import AdminServer
import Core
import Testing

@Suite struct `The metrics` {
    private let hostile = "a\"b\\c\nd\r\ne{f=\"g\"} 1"

    private func samples(_ state: ScriptedState) async throws -> [String: [ExpositionText.Sample]] {
        let answer = try await AdminServer.sample(state).ask("/metrics")
        #expect(answer.field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
        let families = try ExpositionText(parsing: answer.text).families
        return Dictionary(families.map { ($0.name, $0.samples) }, uniquingKeysWith: +)
    }

    @Test func `say what the overview says`() async throws {
        let found = try await samples(ScriptedState(overview: .busy(outside: "x")))
        #expect(found["auspex_build_info"] == [.init(labels: ["version": "1.2.3"], value: "1")])
        #expect(found["auspex_ready"] == [.init(labels: [:], value: "1")])
        #expect(found["auspex_source_up"]?.map(\.value) == ["1", "0", "0"])
        #expect(
            found["auspex_source_resources"]?.first
                == .init(labels: ["source": "studio", "kind": "generation"], value: "20145"))
        #expect(found["auspex_source_consecutive_failures"]?.map(\.value) == ["0", "4", "0"])
        #expect(found["auspex_source_last_success_timestamp_seconds"]?.map(\.value) == ["1777888800", "1777887900"])
        #expect(found["auspex_alerts"]?.contains(.init(labels: ["state": "firing"], value: "1")) == true)
        #expect(
            found["auspex_sink_deliveries"]?
                .contains(.init(labels: ["sink": "jobs", "kind": "webhook", "state": "dead"], value: "2")) == true)
        #expect(found["auspex_sink_oldest_pending_timestamp_seconds"]?.count == 1)
    }

    @Test func `tell how the circuit of each sink stands`() async throws {
        var lane = LaneStatus()
        lane.circuit = .halfOpen
        lane.pausedReason = "HTTP 401"
        lane.consecutiveFailures = 3
        let overview = Overview(sinks: [
            Overview.Sink(name: "jobs", kind: "webhook", lane: lane), Overview.Sink(name: "team", kind: "slack"),
        ])
        let found = try await samples(ScriptedState(overview: overview))
        let standing = found["auspex_sink_circuit"]?.filter { $0.value == "1" }.map { $0.labels["state"] }
        #expect(standing == ["half_open", "closed"])
        #expect(found["auspex_sink_paused"]?.map(\.value) == ["1", "0"])
        #expect(found["auspex_sink_consecutive_failures"]?.map(\.value) == ["3", "0"])
    }

    @Test func `have the service's own beside them`() async throws {
        let families = [
            MetricFamily(
                "auspex_polls_total", .counter, help: "Polls.",
                samples: [.init(3, ["source": "a"]), .init(0.25, ["source": "b"]), .init(.infinity, ["source": "c"])])
        ]
        let found = try await samples(ScriptedState(metrics: families))
        #expect(found["auspex_polls_total"]?.map(\.value) == ["3", "0.25", "+Inf"])
    }

    @Test func `keep one meaning for a name, and one value for the same labels`() async throws {
        func family(_ value: Double, _ label: String) -> MetricFamily {
            MetricFamily("auspex_polls_total", .counter, help: "Polls.", samples: [.init(value, ["source": label])])
        }
        let found = try await samples(ScriptedState(metrics: [family(1, "a"), family(2, "b"), family(3, "a")]))
        #expect(found["auspex_polls_total"]?.map(\.value) == ["1", "2"])
    }

    @Test func `escape whatever stands in labels and helps`() async throws {
        let families = [MetricFamily("auspex_a", .gauge, help: hostile, samples: [.init(1, ["source": hostile])])]
        let found = try await samples(ScriptedState(metrics: families))
        #expect(found["auspex_a"] == [.init(labels: ["source": hostile], value: "1")])
    }

    @Test func `say nothing of a family without samples`() async throws {
        let found = try await samples(ScriptedState(overview: Overview()))
        #expect(found["auspex_source_up"] == nil)
    }

    @Test func `hold no text from outside`() async throws {
        let state = ScriptedState(overview: .busy(outside: "a stranger's words"))
        #expect(try await !AdminServer.sample(state).ask("/metrics").text.contains("stranger"))
    }

    @Test(.enabled(if: Promtool.isInstalled, "promtool is not installed"))
    func `please promtool`() async throws {
        let families = [
            MetricFamily("auspex_polls_total", .counter, help: hostile, samples: [.init(1.5, ["source": hostile])])
        ]
        let state = ScriptedState(overview: .busy(outside: "x"), metrics: families)
        #expect(try Promtool.complaints(about: await AdminServer.sample(state).ask("/metrics").text) == "")
    }
}
