import CEL
import Core

extension Overview {
    /// What the overview says in numbers. Names and labels are part of the interface: dashboards depend on them.
    package var metricFamilies: [MetricFamily] { sourceFamilies + [alertFamily] + noiseFamilies + sinkFamilies }

    private var sourceFamilies: [MetricFamily] {
        func family(_ name: String, _ help: String, _ value: (Source) -> Double?) -> MetricFamily {
            MetricFamily(
                "auspex_source_" + name, .gauge, help: help,
                samples: sources.compactMap { source in
                    value(source).map { .init($0, ["source": source.name, "kind": source.kind.rawValue]) }
                })
        }
        return [
            family("up", "Whether the last poll of the listing succeeded.") { $0.state == .ok ? 1 : 0 },
            family("resources", "Resources known from the listing.") { Double($0.resources) },
            family("in_flight", "Resources of the listing that can still change.") { Double($0.inFlight) },
            family("consecutive_failures", "Polls that failed since the last one that succeeded.") {
                Double($0.consecutiveFailures)
            },
            family("requests_last_hour", "Requests of the last hour.") { Double($0.requestsLastHour) },
            family("changes_last_hour", "Changes that were found in the last hour.") { Double($0.changesLastHour) },
            family("last_success_timestamp_seconds", "When the listing was last polled with success, since 1970.") {
                $0.lastSuccessAt?.fractionalSeconds
            },
        ]
    }

    private var alertFamily: MetricFamily {
        MetricFamily(
            "auspex_alerts", .gauge, help: "Open alerts.",
            samples: [.init(Double(firing), ["state": "firing"]), .init(Double(pending), ["state": "pending"])])
    }

    private var noiseFamilies: [MetricFamily] {
        [
            MetricFamily(
                "auspex_alerts_held", .gauge,
                help: "Firing alerts that a sink is not told of, one for each alert and sink, by the reason.",
                samples: Hold.Reason.allCases.map {
                    .init(Double(noise.held[$0] ?? 0), ["reason": $0.rawValue])
                }),
            MetricFamily(
                "auspex_alerts_queued", .gauge,
                help: "Alerts that wait for the digest of their group, one for each alert and sink.",
                samples: [.init(Double(noise.queued), [:])]),
            MetricFamily(
                "auspex_resolves_owed", .gauge,
                help: "Firing alerts of whose end the sink will be told, as it was told of them.",
                samples: sinks.map { .init(Double(noise.owed[$0.name] ?? 0), ["sink": $0.name]) }),
            MetricFamily(
                "auspex_silences", .gauge, help: "Silences that have not ended.",
                samples: [
                    .init(Double(noise.activeSilences), ["state": "active"]),
                    .init(Double(noise.pendingSilences), ["state": "pending"]),
                ]),
        ]
    }

    private var sinkFamilies: [MetricFamily] {
        let counts = sinks.flatMap { sink in
            [("pending", sink.pending), ("delivered", sink.delivered), ("dead", sink.dead)].map { state, count in
                MetricFamily.Sample(Double(count), ["sink": sink.name, "kind": sink.kind, "state": state])
            }
        }
        let oldest = sinks.compactMap { sink in
            sink.oldestPendingAt.map {
                MetricFamily.Sample($0.fractionalSeconds, ["sink": sink.name, "kind": sink.kind])
            }
        }
        let circuits = sinks.flatMap { sink in
            [CircuitState.closed, .open, .halfOpen].map { state in
                MetricFamily.Sample(
                    sink.lane.circuit == state ? 1 : 0,
                    ["sink": sink.name, "kind": sink.kind, "state": state.rawValue])
            }
        }
        let paused = sinks.map { sink in
            MetricFamily.Sample(sink.lane.pausedReason == nil ? 0 : 1, ["sink": sink.name, "kind": sink.kind])
        }
        let failures = sinks.map { sink in
            MetricFamily.Sample(Double(sink.lane.consecutiveFailures), ["sink": sink.name, "kind": sink.kind])
        }
        return [
            MetricFamily(
                "auspex_sink_circuit", .gauge, help: "The state of the sink's circuit: 1 for the one that it is in.",
                samples: circuits),
            MetricFamily(
                "auspex_sink_paused", .gauge,
                help: "Whether the sink is paused because it is set up wrongly.", samples: paused),
            MetricFamily(
                "auspex_sink_consecutive_failures", .gauge,
                help: "Attempts that failed or got no answer since the last that did neither.", samples: failures),
            MetricFamily(
                "auspex_sink_deliveries", .gauge, help: "Deliveries in the store, by what became of them.",
                samples: counts),
            MetricFamily(
                "auspex_sink_oldest_pending_timestamp_seconds", .gauge,
                help: "Since when the oldest waiting delivery waits, since 1970; absent when none waits.",
                samples: oldest),
        ]
    }
}

extension Timestamp {
    fileprivate var fractionalSeconds: Double { Double(microseconds) / 1_000_000 }
}
