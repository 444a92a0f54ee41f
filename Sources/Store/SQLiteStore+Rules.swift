package import Core
import GRDB

extension SQLiteStore {
    /// The identities of the rules that have looked at the source's resources of this kind, by name.
    package func ruleIdentities(source: String, kind: ResourceKind) async throws(StoreError) -> [String: String] {
        try await read { db in
            let rows = try db.rows(
                "SELECT name, identity FROM rules WHERE source = \(source) AND kind = \(kind.rawValue)")
            return Dictionary(rows.map { ($0["name"], $0["identity"]) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// Notes that exactly these rules have looked at everything.
    package func setRuleIdentities(
        _ identities: [String: String], source: String, kind: ResourceKind
    ) async throws(StoreError) {
        try await write { db in
            try db.execute(literal: "DELETE FROM rules WHERE source = \(source) AND kind = \(kind.rawValue)")
            for (name, identity) in identities.sorted(by: { $0.key < $1.key }) {
                try db.execute(
                    literal: """
                        INSERT INTO rules (source, kind, name, identity)
                        VALUES (\(source), \(kind.rawValue), \(name), \(identity))
                        """)
            }
        }
    }

    /// Notes that these rules, should they come into force, have looked at nothing.
    package func forgetRules(_ names: [String], source: String, kind: ResourceKind) async throws(StoreError) {
        guard !names.isEmpty else { return }
        try await write { db in
            for name in names {
                try db.execute(
                    literal: """
                        DELETE FROM rules WHERE source = \(source) AND kind = \(kind.rawValue) AND name = \(name)
                        """)
            }
        }
    }

    /// A rule's new name, and its identity under both.
    package struct Rename: Sendable, Equatable {
        package var from: String
        package var to: String
        package var identityBefore: String
        package var identity: String

        package init(_ rule: Rule, from: String) {
            self.from = from
            to = rule.name
            identityBefore = rule.conditionIdentity(named: from)
            identity = rule.conditionIdentity
        }
    }

    /// Lets open alerts go on under their rule's new name, with the ids by which they were told. A rule of which nothing
    /// but the name is new need not look at everything again.
    package func rename(
        _ renames: [Rename], source: String, kind: ResourceKind
    ) async throws(StoreError) {
        guard !renames.isEmpty else { return }
        try await write { db in
            for rename in renames {
                try db.execute(
                    literal: """
                        UPDATE alerts SET rule = \(rename.to), activation = max(activation, 1 + coalesce((
                            SELECT max(b.activation) FROM alerts b WHERE b.source = alerts.source AND b.kind = alerts.kind
                                AND b.resource = alerts.resource AND b.rule = \(rename.to)), 0))
                        WHERE source = \(source) AND kind = \(kind.rawValue) AND rule = \(rename.from)
                            AND phase <> 'resolved'
                        """)
                if db.changesCount > 0 {
                    // A lane's order goes by the rule.
                    try db.execute(
                        literal: """
                            UPDATE deliveries SET rule = \(rename.to) WHERE phase = 'pending' AND rule = \(rename.from)
                                AND order_key IN (SELECT id FROM alerts WHERE source = \(source)
                                    AND kind = \(kind.rawValue) AND rule = \(rename.to) AND phase <> 'resolved')
                            """)
                }
                try db.execute(
                    literal: """
                        UPDATE OR IGNORE rules SET name = \(rename.to), identity = \(rename.identity)
                        WHERE source = \(source) AND kind = \(kind.rawValue) AND name = \(rename.from)
                            AND identity = \(rename.identityBefore)
                        """)
            }
        }
    }

    /// The resources with an unfinished alert of one of the rules named.
    package func resources(
        withAlertsOf rules: [String], source: String, kind: ResourceKind
    ) async throws(StoreError) -> [String] {
        try await read { db in
            var ids: Set<String> = []
            for rule in rules {
                let found = try db.values(
                    String.self,
                    """
                    SELECT DISTINCT resource FROM alerts WHERE source = \(source) AND kind = \(kind.rawValue)
                        AND rule = \(rule) AND phase <> 'resolved'
                    """)
                ids.formUnion(found)
            }
            return ids.sorted()
        }
    }

    /// The listings in which something has an unfinished alert. Each is one step along the index, however many alerts
    /// it has.
    package func listingsWithOpenAlerts() async throws(StoreError) -> [(source: String, kind: ResourceKind)] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT source, kind FROM alerts WHERE phase <> 'resolved' AND (source, kind) > (?, ?)
                    ORDER BY source, kind LIMIT 1
                    """)
            var listings: [(source: String, kind: ResourceKind)] = []
            var last = ("", "")
            while let row = try Row.fetchOne(statement, arguments: [last.0, last.1]) {
                last = (row["source"], row["kind"])
                if let kind = ResourceKind(rawValue: last.1) { listings.append((last.0, kind)) }
            }
            return listings
        }
    }

    /// The names of rules that have an unfinished alert in the source's listing.
    package func rulesWithOpenAlerts(source: String, kind: ResourceKind) async throws(StoreError) -> [String] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT rule FROM alerts WHERE source = ? AND kind = ? AND phase <> 'resolved' AND rule > ?
                    ORDER BY rule LIMIT 1
                    """)
            var rules: [String] = []
            while let rule = try String.fetchOne(
                statement, arguments: [source, kind.rawValue, rules.last ?? ""])
            {
                rules.append(rule)
            }
            return rules
        }
    }
}
