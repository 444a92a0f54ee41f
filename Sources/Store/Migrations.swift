import GRDB

/// The store's schema, as the steps that lead to it. A step that has been released is never changed.
enum Migrations {
    /// `PRAGMA user_version` after the last step.
    static let version = 7
    /// `PRAGMA application_id`: "Ausp" in ASCII.
    static let applicationID: Int32 = 0x4175_7370

    static let steps: [(version: Int, sql: String)] = [
        (1, initial), (2, scale), (3, lanes), (4, noise), (5, windows), (6, explaining),
        (7, lean),
    ]

    /// Instants are microseconds since 1970; bodies are the JSON that the API sent.
    private static let initial = """
        CREATE TABLE sources (
            name TEXT NOT NULL, kind TEXT NOT NULL,
            is_baselined INTEGER NOT NULL DEFAULT 0, sweep_cursor TEXT, sweep_started_at INTEGER, swept_at INTEGER,
            PRIMARY KEY (name, kind)
        ) WITHOUT ROWID, STRICT;

        CREATE TABLE snapshots (
            source TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
            body BLOB NOT NULL, fingerprint INTEGER NOT NULL, status TEXT NOT NULL,
            created_at INTEGER, status_since INTEGER NOT NULL, first_seen INTEGER NOT NULL,
            observed_at INTEGER NOT NULL, is_settled INTEGER NOT NULL, is_gone INTEGER NOT NULL,
            UNIQUE (source, kind, id)
        ) STRICT;
        CREATE INDEX snapshots_unsettled ON snapshots (source, kind, created_at) WHERE is_settled = 0;
        CREATE INDEX snapshots_newest ON snapshots (source, kind, created_at);

        CREATE TABLE changes (
            number INTEGER PRIMARY KEY,
            source TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, nature TEXT NOT NULL,
            observed_at INTEGER NOT NULL, old_status TEXT, new_status TEXT NOT NULL, paths TEXT NOT NULL,
            is_baseline INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX changes_observed ON changes (observed_at);

        CREATE TABLE alerts (
            id TEXT NOT NULL PRIMARY KEY,
            source TEXT NOT NULL, kind TEXT NOT NULL, resource TEXT NOT NULL, rule TEXT NOT NULL,
            activation INTEGER NOT NULL, phase TEXT NOT NULL, since INTEGER NOT NULL,
            fired_at INTEGER, resolved_at INTEGER, cleared_at INTEGER, due_at INTEGER,
            sequence INTEGER NOT NULL, notified_at INTEGER, told TEXT NOT NULL, owes_resolve INTEGER NOT NULL,
            title TEXT NOT NULL, severity TEXT NOT NULL
        ) WITHOUT ROWID, STRICT;
        CREATE INDEX alerts_of_resource ON alerts (source, kind, resource, rule, activation);
        CREATE INDEX alerts_due ON alerts (source, kind, due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX alerts_fired ON alerts (fired_at);

        CREATE TABLE notifications (
            id TEXT NOT NULL PRIMARY KEY, created_at INTEGER NOT NULL, title TEXT NOT NULL, document BLOB NOT NULL
        ) STRICT;
        CREATE INDEX notifications_created ON notifications (created_at);

        CREATE TABLE deliveries (
            id TEXT NOT NULL PRIMARY KEY,
            notification TEXT NOT NULL REFERENCES notifications (id),
            sink TEXT NOT NULL, order_key TEXT NOT NULL, sequence INTEGER NOT NULL, phase TEXT NOT NULL,
            attempts INTEGER NOT NULL, created_at INTEGER NOT NULL, next_attempt_at INTEGER NOT NULL, ended_at INTEGER,
            last_outcome TEXT, last_reason TEXT, last_answer TEXT NOT NULL, kept TEXT NOT NULL,
            may_have_arrived INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE INDEX deliveries_due ON deliveries (sink, next_attempt_at) WHERE phase = 'pending';
        CREATE INDEX deliveries_order ON deliveries (sink, order_key, sequence);
        CREATE INDEX deliveries_notification ON deliveries (notification);
        CREATE INDEX deliveries_ended ON deliveries (ended_at) WHERE ended_at IS NOT NULL;
        CREATE INDEX deliveries_dead ON deliveries (sink) WHERE phase = 'dead';

        CREATE TABLE rules (
            source TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, identity TEXT NOT NULL,
            PRIMARY KEY (source, kind, name)
        ) WITHOUT ROWID, STRICT;

        CREATE TABLE facts (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, changed_at INTEGER NOT NULL)
            WITHOUT ROWID, STRICT;
        """

    /// What deliveries are about, for the order of a lane; to whom one was handed over; in which digest it is.
    private static let lanes = """
        ALTER TABLE deliveries ADD COLUMN resource TEXT NOT NULL DEFAULT '';
        ALTER TABLE deliveries ADD COLUMN rule TEXT NOT NULL DEFAULT '';
        ALTER TABLE deliveries ADD COLUMN handed_to TEXT;
        ALTER TABLE deliveries ADD COLUMN digest TEXT;
        UPDATE deliveries SET resource = order_key;
        UPDATE deliveries SET
            resource = coalesce((SELECT json_extract(CAST(n.document AS TEXT), '$.alerts[0].source') || char(31)
                || json_extract(CAST(n.document AS TEXT), '$.alerts[0].kind') || char(31)
                || json_extract(CAST(n.document AS TEXT), '$.alerts[0].resource_id')
                FROM notifications n WHERE n.id = deliveries.notification), order_key),
            rule = coalesce((SELECT json_extract(CAST(n.document AS TEXT), '$.rule')
                FROM notifications n WHERE n.id = deliveries.notification), '')
            WHERE phase = 'pending';
        CREATE INDEX deliveries_lane ON deliveries (sink, resource) WHERE phase = 'pending';
        CREATE INDEX deliveries_digest ON deliveries (digest) WHERE digest IS NOT NULL;
        """
}
