/// What Auspex knows of its own sources and sinks, as rules see it.
extension ResourceSchema {
    package static let source = ResourceSchema(
        "Source",
        [
            SchemaField("name", .text, "the name in the configuration"),
            SchemaField("reachable", .boolean, "whether the last poll of each of its listings worked"),
            SchemaField("unreachable_since", .time, "when polls began to fail; null while it is reachable"),
            SchemaField("consecutive_failures", .integer, "failed polls in a row, of the listing that has most"),
            SchemaField("last_success_at", .time, "when a poll last worked; null before the first"),
            SchemaField("last_error", .text, "what the last failed poll said; null while it is reachable"),
            SchemaField(
                "last_error_kind", .text, "what kind of failure that was; null while it is reachable",
                knownValues: PollFailure.allCases.map(\.rawValue)),
            SchemaField("key_refused", .boolean, "whether the API does not accept the key, or not for this"),
            SchemaField("rate_limit", .integer, "the size of the team's bucket of requests, as the API last said"),
            SchemaField("rate_remaining", .integer, "what was left in the bucket at the last answer"),
            SchemaField(
                "budget_level", .decimal, "how full Auspex' own share of the bucket is, from 0 (polls wait) to 1"),
            SchemaField("requests_last_hour", .integer, "requests of the polls of the last hour"),
            SchemaField("synced", .boolean, "whether all that was there at the beginning has been read"),
            SchemaField(
                "listings", .dictionary(.object(listing)), "the same for each kind of resource that it watches"),
        ])

    private static let listing = ResourceSchema(
        "Listing",
        [
            SchemaField("reachable", .boolean, "whether its last poll worked; null before the first"),
            SchemaField("consecutive_failures", .integer, "failed polls since the last one that worked"),
            SchemaField("last_success_at", .time, "when a poll of it last worked"),
            SchemaField("last_error", .text, "what its last poll said, if it failed"),
            SchemaField(
                "last_error_kind", .text, "what kind of failure that was",
                knownValues: PollFailure.allCases.map(\.rawValue)),
            SchemaField("synced", .boolean, "whether all that was there at the beginning has been read"),
        ])

    package static let sink = ResourceSchema(
        "Sink",
        [
            SchemaField("name", .text, "the name in the configuration"),
            SchemaField("kind", .text, "such as `webhook`"),
            SchemaField(
                "circuit", .text, "whether deliveries go out (`closed`), wait (`open`) or one tries (`half_open`)",
                knownValues: ["closed", "open", "half_open"]),
            SchemaField("paused", .boolean, "whether it waits for somebody to mend its settings"),
            SchemaField("open_since", .time, "since when its circuit is not closed; null while it is"),
            SchemaField("pending", .integer, "deliveries on their way, without those about sinks"),
            SchemaField("dead", .integer, "deliveries given up, without those about sinks"),
            SchemaField("oldest_pending_at", .time, "when the oldest of those pending was made; null where none is"),
            SchemaField("consecutive_failures", .integer, "failed attempts since the last that worked"),
            SchemaField("last_success_at", .time, "when an attempt last worked; null before the first"),
            SchemaField("last_error", .text, "what the last attempt said, if it failed"),
        ])
}
