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
                        AND rule = \(rule) AND phase != 'resolved'
                    """)
                ids.formUnion(found)
            }
            return ids.sorted()
        }
    }

    /// The listings in which something has an unfinished alert.
    package func listingsWithOpenAlerts() async throws(StoreError) -> [(source: String, kind: ResourceKind)] {
        try await read { db in
            try db.rows("SELECT DISTINCT source, kind FROM alerts WHERE phase != 'resolved'").compactMap { row in
                ResourceKind(rawValue: row["kind"]).map { (row["source"], $0) }
            }
        }
    }

    /// The names of rules that have an unfinished alert in the source's listing.
    package func rulesWithOpenAlerts(source: String, kind: ResourceKind) async throws(StoreError) -> [String] {
        try await read { db in
            try db.values(
                String.self,
                """
                SELECT DISTINCT rule FROM alerts
                WHERE source = \(source) AND kind = \(kind.rawValue) AND phase != 'resolved'
                """)
        }
    }
}
