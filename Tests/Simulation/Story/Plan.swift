import Core
import TestSupport

/// What a story is about, drawn from its seed before it begins.
struct Plan {
    var seed: UInt64
    /// Seconds until all troubles are over.
    var length: Double
    var watch: [ResourceKind]
    var rules: [RuleSpec]
    var budget: Double
    /// So few requests are allowed that nothing can be expected in time; only that they are not exceeded.
    var isScarce: Bool
    var api = API.Character()
    var generations: Int
    var characters: Int
    /// How rough it is, each from 0 (not at all) to 3.
    var weather: Int
    var moods: Int
    var crashes: Int
    var disk: Int
    /// One in so many requests and answers is lost.
    var losses: Int?
    var hasHints: Bool
    var hasClockSteps: Bool
    var hasReloads: Bool
    /// Settings of the lanes.
    var order: DeliveryOrder
    var hasFallback: Bool
    var hasRate: Bool
    var concurrency: Int

    /// The delays between attempts, in seconds: more of them than any trouble lasts.
    static let retries: [Int] = [1, 2, 4] + Array(repeating: 6, count: 90)
    static let webhookSecret = "whsec_c2ltdWxhdGlvbg"

    init(seed: UInt64) {
        var chance = SeededRandom(seed: seed ^ 0x5eed_5eed_5eed_5eed)
        self.seed = seed
        length = Double.random(in: 40...170, using: &chance)
        watch = chance.pick([
            [.generation], [.character], [.generation, .character], [.generation, .character, .balance],
        ])
        isScarce = chance.oneIn(10)
        budget = isScarce ? 0.2 : chance.pick([1, 1, 0.5])
        api.pageSize = chance.pick([3, 7, 100])
        api.burst = isScarce ? 60 : chance.pick([1200, 240])
        // Who is told nothing goes by the API's pages.
        api.tellsLimits = api.burst != 1200 || !chance.oneIn(3)
        api.deadCursor = chance.pick([400, 404])
        generations = chance.pick([0, 4, 12, 25])
        characters = chance.pick([1, 3, 8])
        weather = chance.pick([0, 1, 2, 3])
        moods = chance.pick([0, 1, 2, 3])
        crashes = chance.pick([0, 1, 2, 3])
        disk = chance.pick([0, 0, 0, 1])
        losses = chance.pick([nil, nil, 40, 8])
        hasHints = chance.oneIn(3)
        hasClockSteps = chance.oneIn(5)
        hasReloads = chance.oneIn(3)
        order = chance.pick([.alert, .alert, .resource, .strict])
        hasFallback = chance.oneIn(4)
        hasRate = chance.oneIn(4)
        concurrency = chance.pick([1, 2, 8])
        let isSelfWatched = chance.oneIn(6)
        let watched = watch
        rules = RuleSpec.all.filter { $0.isOwn ? isSelfWatched : watched.contains($0.kind) }
    }

    var sinks: [String] { hasFallback ? ["a", "b", "c"] : ["a", "b"] }

    var configuration: String {
        let retry = Plan.retries.map { "\($0)s" }.joined(separator: ", ")
        var lines = [
            "sources:",
            "  - name: studio",
            "    api: \(API.address)",
            "    key: al_live_\(String(repeating: "a1", count: 32))",
            "    watch: [\(watch.map(\.rawValue).joined(separator: ", "))]",
            "    poll: { active: 3s, idle: 12s, sweep: 40s }",
            "    budget: \(budget)",
            "    webhook_secret: \(Plan.webhookSecret)",
            "store: sqlite:story.db",
            "rules: [rules.yaml]",
            "notify: [a]",
            "sinks:",
        ]
        for sink in sinks {
            var more = ""
            if sink == "a" {
                more += ", concurrency: \(concurrency)"
                if hasFallback { more += ", fallback: c, fallback_after: 20s" }
            } else {
                more += ", order: \(order.rawValue)"
                if hasRate { more += ", rate: 4/2s" }
            }
            lines.append(
                "  \(sink): { kind: webhook, url: \"\(Receiver.address)\(sink)\", timeout: 5s, retry: [\(retry)]\(more) }"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The file of the rules that are in force; `without` those that a reload took away.
    func ruleFile(without removed: Set<String>) -> String {
        (["rules:"] + rules.filter { !removed.contains($0.name) }.map(\.text)).joined(separator: "\n") + "\n"
    }
}
